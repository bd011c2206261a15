"""Print the learned policies."""

import numpy as np

from settings import policy_path

ARROWS = "^v<>"


def main():
    for name in ("qlearning", "sarsa"):
        policy = np.load(policy_path(name))
        print(name)
        for row in policy:
            print("  " + " ".join(ARROWS[action] for action in row))


if __name__ == "__main__":
    main()
