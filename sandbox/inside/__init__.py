"""The programs that run inside the containers: standard library only, and nothing of the rest of `sandbox`.

The image holds this folder as `/opt/p2c/inside`; the supervisor runs as `python3 -m inside.supervisor`,
so modules here import each other relatively.
"""
