def pairwise(points):
    return [bytearray(len(points) * 1024) for _ in points]


def main():
    print(len(pairwise(range(4000))))


if __name__ == "__main__":
    main()
