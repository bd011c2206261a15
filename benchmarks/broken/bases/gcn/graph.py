"""The graph and its normalised adjacency."""

import networkx as nx
import numpy as np


def block_graph(sizes, within, between, seed):
    """A stochastic block model and the block of each node."""
    count = len(sizes)
    probabilities = [[within if i == j else between for j in range(count)] for i in range(count)]
    graph = nx.stochastic_block_model(sizes, probabilities, seed=seed)
    labels = np.array([graph.nodes[node]["block"] for node in graph.nodes])
    return graph, labels


def normalized_adjacency(graph):
    """D^-1/2 (A + I) D^-1/2 (Kipf and Welling 2017)."""
    adjacency = nx.to_numpy_array(graph) + np.eye(graph.number_of_nodes())
    degree = adjacency.sum(axis=1)
    scale = 1.0 / np.sqrt(degree)
    return adjacency * scale[:, None] * scale[None, :]


def node_features(labels, width, rng):
    """Noisy indicators of the block."""
    features = rng.normal(size=(len(labels), width))
    features[np.arange(len(labels)), labels] += 1.5
    return features
