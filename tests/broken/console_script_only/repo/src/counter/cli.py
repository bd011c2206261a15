import argparse


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["full", "demo"], required=True)
    parser.add_argument("--epochs", type=int, default=100_000_000)
    chosen = parser.parse_args()
    print(chosen.mode, sum(number for number in range(chosen.epochs)))
    return 0
