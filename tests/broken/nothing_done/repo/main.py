"""Trains a classifier on the images of a folder."""
from pathlib import Path

from pipeline import augment, load_image, normalise, split, train, evaluate


def find_images(folder):
    return sorted(path for path in Path(folder).glob("*.png")) if Path(folder).exists() else []


def main():
    images = find_images("images")
    if not images:
        print("No images loaded. Exiting.")
        return
    loaded = [normalise(load_image(path)) for path in images]
    enlarged = [copy for image in loaded for copy in augment(image)]
    training, testing = split(enlarged)
    model = train(training)
    print(evaluate(model, testing))


if __name__ == "__main__":
    main()
