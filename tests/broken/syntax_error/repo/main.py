from util import clamp


def main():
    print(clamp(7, 0, 5))


if __name__ == "__main__":
    main()
