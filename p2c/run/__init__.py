"""The run folder: journal, resumable steps, git history."""
