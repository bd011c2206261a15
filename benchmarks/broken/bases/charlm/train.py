"""Train the model and sample from it."""

import argparse

import torch
from torch import nn

from corpus import TEXT, Alphabet, windows
from model import CharModel


def train(model, alphabet, steps, length, batch, device):
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_function = nn.CrossEntropyLoss()
    state = None
    for step, (inputs, targets) in enumerate(windows(alphabet.encode(TEXT), batch, length, steps)):
        inputs, targets = inputs.to(device), targets.to(device)
        logits, state = model(inputs, state)
        loss = loss_function(logits.reshape(-1, len(alphabet)), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = state.detach()
        if step % 5 == 0:
            print(f"step {step:3d} loss {loss.item():.4f}")


@torch.no_grad()
def sample(model, alphabet, count, device):
    token = torch.zeros(1, 1, dtype=torch.long, device=device)
    state, out = None, []
    for _ in range(count):
        logits, state = model(token, state)
        token = torch.multinomial(logits[:, -1].softmax(dim=-1), 1)
        out.append(token.item())
    return alphabet.decode(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    args = parser.parse_args()
    torch.manual_seed(0)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    alphabet = Alphabet(TEXT)
    model = CharModel(len(alphabet), width=32).to(device)
    train(model, alphabet, args.steps, length=16, batch=4, device=device)
    print(repr(sample(model, alphabet, 40, device)))


if __name__ == "__main__":
    main()
