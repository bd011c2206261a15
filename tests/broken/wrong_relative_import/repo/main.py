from .stats import mean


def main():
    print(mean([1, 2, 3]))


if __name__ == "__main__":
    main()
