import os


def client():
    return {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}


def main():
    print(len(client()))


if __name__ == "__main__":
    main()
