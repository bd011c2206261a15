"""Many papers or repositories, several at once: the set, its runs, its table. docs/bench.md is the contract."""
