def prepare(count):
    raise RuntimeError(f"cannot prepare {count} rows")


def train(rows):
    weights = [0.0, 0.0]
    for x, y in rows:
        weights = update(weights, x, y)
    return weights


def update(weights, x, y):
    error = predict(weights, x) - y
    return [weights[0] - 0.1 * error, weights[1] - 0.1 * error * x]


def predict(weights, x):
    return weights[0] + weights[1] * x


def evaluate(weights, rows):
    errors = [predict(weights, x) - y for x, y in rows]
    return summarize(errors)


def summarize(errors):
    mean = sum(errors) / len(errors)
    spread = sum((error - mean) ** 2 for error in errors)
    return {"mean": mean, "spread": spread}


def plot(errors):
    for error in errors:
        print("#" * int(error))


def save(weights, path):
    with open(path, "w") as stream:
        stream.write(repr(weights))


def load(path):
    with open(path) as stream:
        return eval(stream.read())
