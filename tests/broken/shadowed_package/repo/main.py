from tabulate import render

print(render([[1, 2]]))
