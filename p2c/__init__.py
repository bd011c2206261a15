"""A scientific paper in, a code repository that has been seen to run out."""
