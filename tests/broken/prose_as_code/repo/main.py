from metrics import accuracy


def main():
    print(accuracy([1, 0], [1, 1]))


if __name__ == "__main__":
    main()
