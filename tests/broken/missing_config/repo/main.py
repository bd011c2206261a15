import yaml


def load_config(path="config.yaml"):
    with open(path) as stream:
        return yaml.safe_load(stream)


def main():
    config = load_config()
    print(sum(range(config["steps"])))


if __name__ == "__main__":
    main()
