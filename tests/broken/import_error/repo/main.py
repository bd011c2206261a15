"""Fits a line to a few points."""
from model import LinearModel, mean_absolute_error

def main():
    model = LinearModel()
    model.fit([0, 1, 2], [1, 3, 5])
    print(mean_absolute_error(model, [0, 1, 2], [1, 3, 5]))

if __name__ == "__main__":
    main()
