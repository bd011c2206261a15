import glob
import sys


def load(folder):
    return [open(path, "rb").read() for path in sorted(glob.glob(folder + "/*.png"))]


def shrink(image, factor):
    rows = []
    for row in image[::factor]:
        rows.append(row)
    return rows


def histogram(image):
    counts = {}
    for value in image:
        counts[value] = counts.get(value, 0) + 1
    return counts


def compare(first, second):
    shared = set(first) & set(second)
    return sum(min(first[key], second[key]) for key in shared)


def report(scores):
    for name, score in sorted(scores.items()):
        print(name, score)


def cluster(features, count):
    groups = [[] for _ in range(count)]
    for number, feature in enumerate(features):
        groups[number % count].append(feature)
    return groups


def main():
    images = load("images")
    if not images:
        print("No images loaded. Exiting.")
        sys.exit(0)
    features = [histogram(shrink(image, 2)) for image in images]
    groups = cluster(features, 3)
    report({number: compare(group[0], group[-1]) for number, group in enumerate(groups)})


if __name__ == "__main__":
    main()
