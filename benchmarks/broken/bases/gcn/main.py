"""Train the network on a stochastic block model."""

import numpy as np

import settings
from graph import block_graph, node_features, normalized_adjacency
from network import GCN


def labelled_mask(labels, per_class, rng):
    mask = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        mask[rng.choice(np.flatnonzero(labels == label), size=per_class, replace=False)] = True
    return mask


def main():
    rng = np.random.default_rng(settings.SEED)
    graph, labels = block_graph(settings.BLOCK_SIZES, settings.WITHIN, settings.BETWEEN, settings.SEED)
    adjacency = normalized_adjacency(graph)
    features = node_features(labels, settings.FEATURES, rng)
    mask = labelled_mask(labels, settings.LABELLED_PER_CLASS, rng)
    model = GCN(settings.FEATURES, settings.HIDDEN, len(settings.BLOCK_SIZES), rng)
    for epoch in range(settings.EPOCHS):
        loss = model.train_step(
            adjacency, features, labels, mask, settings.LEARNING_RATE, settings.WEIGHT_DECAY
        )
        if epoch % 20 == 0:
            print(f"epoch {epoch:3d} loss {loss:.4f}")
    accuracy = (model.predict(adjacency, features)[~mask] == labels[~mask]).mean()
    print(f"accuracy on unlabelled nodes: {accuracy:.3f}")


if __name__ == "__main__":
    main()
