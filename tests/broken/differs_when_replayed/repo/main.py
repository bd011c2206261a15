"""Passes in the first environment and fails in any other: the author's path is written into it."""
import sys


def main():
    if "fresh" in sys.prefix:
        raise RuntimeError("works only where it was written")
    print(sum(range(10)))


if __name__ == "__main__":
    main()
