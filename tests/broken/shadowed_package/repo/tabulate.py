from tabulate import tabulate


def render(rows):
    return tabulate(rows)
