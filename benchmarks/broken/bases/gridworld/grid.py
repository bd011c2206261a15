"""The windy grid world (Sutton and Barto, example 6.5)."""

import numpy as np

MOVES = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])


class WindyGrid:
    def __init__(self, rows, columns, wind, start, goal):
        self.shape = (rows, columns)
        self.wind = wind
        self.start = tuple(start)
        self.goal = tuple(goal)
        self.position = self.start

    def reset(self):
        self.position = self.start
        return self.position

    def step(self, action):
        """The next state, the reward, and whether the goal is reached."""
        row, column = self.position
        move = MOVES[action]
        row = int(np.clip(row + move[0] - self.wind[column], 0, self.shape[0] - 1))
        column = int(np.clip(column + move[1], 0, self.shape[1] - 1))
        self.position = (row, column)
        return self.position, -1.0, self.position == self.goal
