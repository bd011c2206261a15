"""Words and their indices."""

import re
from collections import Counter

WORD = re.compile(r"\w+")


def tokenize(text):
    return [match.group(0).lower() for match in WORD.finditer(text)]


class Vocabulary:
    """Maps words to indices; index 0 is kept for unknown words."""

    def __init__(self, words):
        self.index = {word: position for position, word in enumerate(words, start=1)}

    @classmethod
    def from_texts(cls, texts, minimum=1):
        counts = Counter(word for text in texts for word in tokenize(text))
        return cls([word for word, count in counts.most_common() if count >= minimum])

    def __len__(self):
        return len(self.index) + 1

    def encode(self, words):
        return Counter(self.index.get(word, 0) for word in words)
