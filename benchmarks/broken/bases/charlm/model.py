"""The recurrent model."""

import torch
from torch import nn


class CharModel(nn.Module):
    def __init__(self, size, width):
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        self.cell = nn.GRU(width, width, batch_first=True)
        self.scale = nn.Parameter(torch.ones(width))
        self.output = nn.Linear(width, size)

    def forward(self, tokens, state=None):
        hidden, state = self.cell(self.embedding(tokens), state)
        return self.output(hidden * self.scale), state
