import os
import sys


def main():
    if not os.path.exists("settings.toml"):
        print("ERROR: settings.toml not found, run setup first")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
