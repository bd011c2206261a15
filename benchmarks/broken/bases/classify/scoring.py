"""Out-of-fold scores."""

from sklearn.metrics import accuracy_score, brier_score_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict


def evaluate(pipeline, frame, target, folds):
    splitter = StratifiedKFold(n_splits=folds, shuffle=True, random_state=0)
    probabilities = cross_val_predict(pipeline, frame, target, cv=splitter, method="predict_proba")[:, 1]
    return {
        "accuracy": accuracy_score(target, probabilities > 0.5),
        "brier": brier_score_loss(target, probabilities),
    }
