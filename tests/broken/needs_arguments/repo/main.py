import argparse


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--alpha", type=float, required=True)
    options = parser.parse_args()
    print(options.alpha**2)


if __name__ == "__main__":
    main()
