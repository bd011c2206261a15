"""The first step of a fork server: `site` imports this where PYTHONPATH names this folder first.

`serve` returns only in the programs that are forked from it. There `site` ends as if nothing had been, and the
interpreter goes on to the program's `__main__`: so no frame of ours is ever below the program's own.
"""

import sys


def _begin() -> None:
    before = set(sys.modules)
    for folder in (__file__.rpartition("/")[0], "/opt/p2c"):
        sys.path[:] = [path for path in sys.path if path != folder]
    sys.path.insert(0, "/opt/p2c")
    from inside.forked import server

    del sys.path[0]
    sys.path_importer_cache.pop("/opt/p2c", None)
    # what is preloaded imports its own of these
    own = {name: sys.modules.pop(name) for name in [name for name in sys.modules if name not in before]}
    del sys.modules["sitecustomize"]
    try:
        import sitecustomize  # noqa: F401 - the one of the environment or the system
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    server.serve(own)


_begin()
if "sitecustomize" not in sys.modules:
    raise ImportError(name="sitecustomize")  # `site` expects that there may be none
