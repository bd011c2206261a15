"""Discrete-time SIR dynamics."""


class Epidemic:
    def __init__(self, graph, infect, recover, rng):
        self.graph = graph
        self.infect = infect
        self.recover = recover
        self.rng = rng

    def run(self, immune, seeds):
        """How many nodes were ever infected."""
        susceptible = set(self.graph) - set(immune)
        infected = set(self.rng.sample(sorted(susceptible), seeds))
        susceptible -= infected
        ever = len(infected)
        while infected:
            fresh = self.spread(infected, susceptible)
            recovered = {node for node in sorted(infected) if self.rng.random() < self.recover}
            infected = (infected - recovered) | fresh
            susceptible -= fresh
            ever += len(fresh)
        return ever

    def spread(self, infected, susceptible):
        fresh = set()
        for node in sorted(infected):
            for other in sorted(self.graph[node] & susceptible):
                if self.rng.random() < self.infect:
                    fresh.add(other)
        return fresh
