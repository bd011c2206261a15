import math


def circle(radius):
    return math.pi * radius**2


def square(side):
    return side**2
