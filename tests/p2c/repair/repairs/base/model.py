"""A linear model."""


class LinearModel:
    def __init__(self, size):
        self.weights = [0.0] * size

    def predict(self, x):
        if len(x) != len(self.weights):
            raise ValueError(f"expected {len(self.weights)} features, got {len(x)}")
        return sum(w * v for w, v in zip(self.weights, x))

    def step(self, xs, ys, rate):
        total = 0.0
        for x, y in zip(xs, ys):
            error = self.predict(x) - y
            total += error * error
            for i, value in enumerate(x):
                self.weights[i] -= rate * error * value
        return total / len(xs)


def accuracy(model, xs, ys):
    right = sum((model.predict(x) > 0.5) == (y > 0.5) for x, y in zip(xs, ys))
    return right / len(xs)
