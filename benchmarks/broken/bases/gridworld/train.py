"""Train both agents and save their policies."""

import numpy as np

from agents import QLearning, Sarsa
from grid import MOVES, WindyGrid
from settings import RUNS, load_settings, policy_path


def run_episode(grid, agent, max_steps):
    state = grid.reset()
    action = agent.act(state)
    for step in range(1, max_steps + 1):
        following, reward, done = grid.step(action)
        next_action = agent.act(following)
        agent.learn(state, action, reward, following, next_action, done)
        state, action = following, next_action
        if done:
            break
    return step


def main():
    settings = load_settings()
    learning = settings["learning"]
    RUNS.mkdir(exist_ok=True)
    for name, kind in (("qlearning", QLearning), ("sarsa", Sarsa)):
        rng = np.random.default_rng(learning["seed"])
        grid = WindyGrid(**settings["grid"])
        agent = kind(grid.shape, len(MOVES), learning["alpha"], learning["gamma"], learning["epsilon"], rng)
        lengths = [run_episode(grid, agent, learning["max_steps"]) for _ in range(learning["episodes"])]
        print(f"{name:9s} first 10 episodes {np.mean(lengths[:10]):6.1f} steps, last 10 {np.mean(lengths[-10:]):5.1f}")
        np.save(policy_path(name), agent.policy())


if __name__ == "__main__":
    main()
