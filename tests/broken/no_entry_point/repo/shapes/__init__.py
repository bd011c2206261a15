from shapes.area import circle, square
