import random


def make_points(count, seed):
    generator = random.Random(seed)
    return [(x, 2 * x + generator.gauss(0, 0.1)) for x in range(cuont)]
