class Trainer:
    def __init__(self, lr, epochs):
        self.lr = lr
        self.epochs = epochs

    def run(self, values):
        estimate = 0.0
        for _ in range(self.epochs):
            for value in values:
                estimate += self.lr * (value - estimate)
        return estimate
