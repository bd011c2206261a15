"""Requirements: imports to distributions to a lock."""
