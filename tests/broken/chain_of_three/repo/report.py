import json


def write_report(model, points):
    errors = [abs(model.predict(x) - y) for x, y in points]
    with open("report.json", "w") as stream:
        json.dump({"worst": max(errors), "points": {len(points)}}, stream)
