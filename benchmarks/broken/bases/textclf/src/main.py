"""Train both classifiers and compare them on the held-out reviews."""

import json
import random
from pathlib import Path

from logistic import LogisticRegression
from naive_bayes import NaiveBayes
from tokenizer import Vocabulary, tokenize

ROOT = Path(__file__).resolve().parent.parent


def read_reviews(path):
    with open(path, encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def accuracy(model, documents, labels):
    hits = sum(model.predict(document) == label for document, label in zip(documents, labels))
    return hits / len(labels)


def main():
    reviews = read_reviews(ROOT / "data" / "reviews.jsonl")
    random.Random(0).shuffle(reviews)
    split = int(0.75 * len(reviews))
    vocabulary = Vocabulary.from_texts(review["text"] for review in reviews[:split])
    documents = [vocabulary.encode(tokenize(review["text"])) for review in reviews]
    labels = [int(review["label"] == "positive") for review in reviews]

    models = {
        "naive bayes": NaiveBayes(len(vocabulary), smoothing=1.0),
        "logistic": LogisticRegression(len(vocabulary), rate=0.5, epochs=30),
    }
    for name, model in models.items():
        model.fit(documents[:split], labels[:split])
        print(f"{name:12s} accuracy {accuracy(model, documents[split:], labels[split:]):.3f}")

    best = models["naive bayes"]
    with open(ROOT / "predictions.tsv", "w", encoding="utf-8") as handle:
        for review, document in zip(reviews[split:], documents[split:]):
            handle.write(f"{review['id']}\t{best.predict(document)}\n")


if __name__ == "__main__":
    main()
