class Model:
    def __init__(self, degree):
        self.degree = degree

    def fit(self, points):
        mx = sum(x for x, _ in points) / len(points)
        my = sum(y for _, y in points) / len(points)
        self.slope = sum((x - mx) * (y - my) for x, y in points) / sum((x - mx) ** 2 for x, _ in points)
        self.intercept = self.mean_y - self.slope * mx

    def predict(self, x):
        return self.slope * x + self.intercept
