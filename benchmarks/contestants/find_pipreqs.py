"""What pipreqs would write for a folder, before it asks the index for each name; prints one line of JSON."""

import json
import sys
import time

from pipreqs import pipreqs

began = time.perf_counter()
try:
    found = {"names": pipreqs.get_pkg_names(pipreqs.get_all_imports(sys.argv[1]))}
except Exception as error:  # noqa: BLE001 - it fails on a file that it cannot read, and that is its answer
    found = {"names": [], "error": f"{type(error).__name__}: {error}"[:100]}
print(json.dumps(found | {"seconds": time.perf_counter() - began}))
