"""A program that takes all memory is ended by the kernel, and the result says memory, not signal.

ends: memory
within: 10
limits: memory_bytes=268435456 wall_seconds=9
"""

hoard = []
while True:
    hoard.append(b"x" * (8 << 20))
