from shapes.area import circle, square


def test_square():
    assert square(3) == 9


def test_circle():
    assert circle(1) > 3.1
