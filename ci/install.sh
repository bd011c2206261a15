#!/usr/bin/env bash
# p2c in a virtual environment of its own, $RUNNER_TEMP/p2c-venv: every dependency by its hash from the lock.
# Needs: P2C_PYTHON (3.11 or later), RUNNER_TEMP.
# -I: the folder that it is called in holds what is to be judged, and Python would import `venv.py` from there.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"

"$P2C_PYTHON" -I -m venv "$RUNNER_TEMP/p2c-venv"
pip=("$RUNNER_TEMP/p2c-venv/bin/python" -I -m pip --quiet --disable-pip-version-check --no-input)
"${pip[@]}" install --require-hashes --requirement "$here/requirements.lock"
"${pip[@]}" install --no-deps --no-build-isolation "$here"
