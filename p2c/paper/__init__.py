"""Papers: PDF, LaTeX, S2ORC JSON and Markdown in, one typed value out."""
