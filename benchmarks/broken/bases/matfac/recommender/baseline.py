"""Global mean plus user and item biases."""

import numpy as np


class BiasModel:
    def __init__(self, penalty):
        self.penalty = penalty
        self.mean = 0.0
        self.user_bias = None
        self.item_bias = None

    def fit(self, ratings, n_users, n_items):
        self.mean = ratings["rating"].mean()
        self.user_bias, self.item_bias = np.zeros(n_users), np.zeros(n_items)
        residual = ratings["rating"] - self.mean
        for user, values in residual.groupby(ratings["user"]):
            self.user_bias[user] = values.sum() / (len(values) + self.penalty)
        residual = residual - self.user_bias[ratings["user"]]
        for item, values in residual.groupby(ratings["item"]):
            self.item_bias[item] = values.sum() / (len(values) + self.penalty)
        return self

    def predict(self, users, items):
        return self.mean + self.user_bias[users] + self.item_bias[items]
