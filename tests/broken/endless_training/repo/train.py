def step(weight, target):
    return weight - 0.001 * 2 * (weight - target)


def main():
    weight, loss = 10.0, 1.0
    while loss >= 0:
        weight = step(weight, 3.0)
        loss = (weight - 3.0) ** 2
    print(weight)


if __name__ == "__main__":
    main()
