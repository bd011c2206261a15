"""Reports: what was made, seen to run and modified, for people and for programs."""
