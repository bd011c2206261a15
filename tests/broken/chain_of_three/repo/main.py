from data import make_points
from model import Model
from report import write_report


def main():
    points = make_points(20, seed=1)
    model = Model(degree=2)
    model.fit(points)
    write_report(model, points)


if __name__ == "__main__":
    main()
