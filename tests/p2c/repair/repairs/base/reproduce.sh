#!/bin/bash
set -euo pipefail
python train.py --smoke
python -m pytest -q tests
