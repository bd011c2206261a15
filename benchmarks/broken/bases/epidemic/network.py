"""Small-world graphs as dictionaries of neighbour sets."""


def ring_lattice(nodes, neighbours):
    graph = {node: set() for node in range(nodes)}
    for node in range(nodes):
        for step in range(1, neighbours // 2 + 1):
            other = (node + step) % nodes
            graph[node].add(other)
            graph[other].add(node)
    return graph


def watts_strogatz(nodes, neighbours, rewire, rng):
    """Rewire each edge of a ring lattice with probability `rewire`."""
    graph = ring_lattice(nodes, neighbours)
    for node in range(nodes):
        for other in sorted(graph[node]):
            if other > node and rng.random() < rewire:
                fresh = rng.randrange(nodes)
                if fresh != node and fresh not in graph[node]:
                    graph[node].remove(other)
                    graph[other].remove(node)
                    graph[node].add(fresh)
                    graph[fresh].add(node)
    return graph


def edges(graph):
    return [(a, b) for a in graph for b in graph[a] if a < b]
