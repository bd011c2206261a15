"""The two-layer network."""

from layers import GraphConvolution, cross_entropy, relu, softmax


class GCN:
    def __init__(self, n_features, n_hidden, n_classes, rng):
        self.first = GraphConvolution(n_features, n_hidden, rng)
        self.second = GraphConvolution(n_hidden, n_classes, rng)
        self.hidden = None

    def forward(self, adjacency, features):
        self.hidden = self.first.forward(adjacency, features)
        return softmax(self.second.forward(adjacency, relu(self.hidden)))

    def train_step(self, adjacency, features, labels, mask, rate, decay):
        probabilities = self.forward(adjacency, features)
        loss, gradient = cross_entropy(probabilities, labels, mask)
        upstream = self.second.backward(adjacency, gradient)
        self.first.backward(adjacency, upstream * (self.hidden > 0))
        for layer in (self.first, self.second):
            layer.step(rate, decay)
        return loss

    def predict(self, adjacency, features):
        return self.forward(adjacency, features).argmax(axis=1)
