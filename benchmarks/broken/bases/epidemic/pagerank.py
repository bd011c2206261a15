"""PageRank by power iteration."""


def pagerank(graph, damping=0.85, tolerance=1e-8, max_iterations=100):
    rank = {node: 1.0 / len(graph) for node in graph}
    for _ in range(max_iterations):
        base = (1.0 - damping) / len(graph)
        fresh = dict.fromkeys(graph, base)
        for node, neighbours in graph.items():
            for other in neighbours:
                fresh[other] += damping * rank[node] / len(neighbours)
        change = sum(abs(fresh[node] - rank[node]) for node in graph)
        rank = fresh
        if change < tolerance:
            break
    return rank
