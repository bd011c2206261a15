import numpy as np

from network import Network


def main():
    rng = np.random.default_rng(0)
    network = Network(inputs=4, hidden=8, outputs=3, rng=rng)
    print(network.forward(rng.normal(size=(5, 4))).shape)


if __name__ == "__main__":
    main()
