from metrics import accuracy

print(accuracy([1, 0], [1, 1]))
