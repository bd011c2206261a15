"""Lloyd's algorithm and its seedings."""
