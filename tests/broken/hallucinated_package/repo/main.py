import numpy as np
from hypertensorflowz import AutoTrainer


def main():
    print(AutoTrainer().fit(np.ones(3)))


if __name__ == "__main__":
    main()
