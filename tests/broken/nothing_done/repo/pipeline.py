"""The parts of the classifier."""


def load_image(path):
    data = path.read_bytes()
    return [byte / 255 for byte in data]


def normalise(image):
    mean = sum(image) / len(image)
    return [value - mean for value in image]


def augment(image):
    flipped = image[::-1]
    return [image, flipped]


def split(images):
    cut = int(len(images) * 0.8)
    return images[:cut], images[cut:]


def train(images):
    size = min(len(image) for image in images)
    total = [0.0] * size
    for image in images:
        for position in range(size):
            total[position] += image[position]
    return [value / len(images) for value in total]


def distance(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b)) ** 0.5


def evaluate(model, images):
    if not images:
        return 0.0
    return sum(distance(model, image) for image in images) / len(images)
