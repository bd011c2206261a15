"""A least-squares line."""


class LinearModel:
    def __init__(self):
        self.slope = 0.0
        self.intercept = 0.0

    def fit(self, xs, ys):
        mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
        self.slope = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
        self.intercept = my - self.slope * mx

    def predict(self, x):
        return self.slope * x + self.intercept


def mean_abs_error(model, xs, ys):
    return sum(abs(model.predict(x) - y) for x, y in zip(xs, ys)) / len(xs)
