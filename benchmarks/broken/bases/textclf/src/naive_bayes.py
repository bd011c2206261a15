"""Multinomial naive Bayes with additive smoothing."""

import math


class NaiveBayes:
    def __init__(self, size, smoothing):
        self.size = size
        self.smoothing = smoothing
        self.log_prior = {}
        self.log_likelihood = {}

    def fit(self, documents, labels):
        for label in set(labels):
            chosen = [document for document, other in zip(documents, labels) if other == label]
            self.log_prior[label] = math.log(len(chosen) / len(labels))
            totals = [self.smoothing] * self.size
            for document in chosen:
                for index, count in document.items():
                    totals[index] += count
            norm = math.log(sum(totals))
            self.log_likelihood[label] = [math.log(total) - norm for total in totals]
        return self

    def score(self, document, label):
        weights = self.log_likelihood[label]
        return self.log_prior[label] + sum(count * weights[index] for index, count in document.items())

    def predict(self, document):
        return max(self.log_prior, key=lambda label: self.score(document, label))
