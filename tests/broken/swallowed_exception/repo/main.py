from steps import evaluate, prepare, train


def main():
    try:
        data = prepare(20)
        model = train(data)
        print(evaluate(model, data))
    except Exception as error:
        print("something went wrong:", error)


if __name__ == "__main__":
    main()
