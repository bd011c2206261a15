import numpy
import pandas


def main():
    print(pandas.Series(numpy.arange(3)).sum())


if __name__ == "__main__":
    main()
