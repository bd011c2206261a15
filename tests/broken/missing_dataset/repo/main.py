import csv


def load(path):
    with open(path, newline="") as stream:
        return [float(row["price"]) for row in csv.DictReader(stream)]


def main():
    prices = load("data/housing.csv")
    print(sum(prices) / len(prices))


if __name__ == "__main__":
    main()
