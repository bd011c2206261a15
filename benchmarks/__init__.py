"""What `make bench` measures; see README.md. Nothing here is part of the installed packages."""
