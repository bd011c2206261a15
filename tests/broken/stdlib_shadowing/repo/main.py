import logging

from random import choice_of


def main():
    logging.basicConfig(level=logging.INFO)
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        logging.info("%s %s", choice_of([1, 2, 3]), bool(folder))


if __name__ == "__main__":
    main()
