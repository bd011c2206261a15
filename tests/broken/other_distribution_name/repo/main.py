"""Two imports whose distributions have other names: PyYAML and scikit-learn."""
import yaml
from sklearn.linear_model import LinearRegression


def main():
    settings = yaml.safe_load("points: [0, 1, 2]")
    xs = [[x] for x in settings["points"]]
    model = LinearRegression().fit(xs, [1, 3, 5])
    print(yaml.safe_dump({"slope": round(float(model.coef_[0]), 3)}))


if __name__ == "__main__":
    main()
