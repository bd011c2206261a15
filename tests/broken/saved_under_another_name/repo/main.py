import os
import pickle


def train(steps):
    weights = 1.0
    for _ in range(steps):
        weights *= 0.9
    return weights


os.makedirs("checkpoints", exist_ok=True)
with open("checkpoints/best.pkl", "wb") as stream:
    pickle.dump(train(10), stream)
with open("checkpoints/model_best.pkl", "rb") as stream:
    print(pickle.load(stream))
