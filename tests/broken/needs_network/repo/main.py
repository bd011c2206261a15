from urllib.request import urlopen


def download(url):
    with urlopen(url, timeout=10) as answer:
        return answer.read()


def main():
    print(len(download("https://example.org/weights.bin")))


if __name__ == "__main__":
    main()
