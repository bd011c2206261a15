"""Running a strategy against an environment."""

import random


def run_once(agent, environment, steps):
    """The cumulative regret after each step."""
    total, curve = 0.0, []
    for step in range(steps):
        arm = agent.select(step)
        agent.update(arm, environment.pull(arm))
        total += environment.regret(arm)
        curve.append(total)
    return curve


def average_regret(make_agent, make_environment, steps, runs):
    """The mean curve over independent runs."""
    curves = []
    for run in range(runs):
        rng = random.Random(run)
        curves.append(run_once(make_agent(rng), make_environment(rng), steps))
    return [sum(values) / runs for values in zip(*curves)]
