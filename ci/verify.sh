#!/usr/bin/env bash
# `p2c verify` for action.yml: the inputs come as P2C_*, the outputs go to $GITHUB_OUTPUT, the exit status is p2c's.
set -euo pipefail
bin="${P2C_BIN:-$RUNNER_TEMP/p2c-venv/bin}"
reports="$(mktemp -d "$RUNNER_TEMP/p2c-XXXXXX")"

# The working directory is the checkout, and a pull request may bring a p2c.toml of its own: none is read.
arguments=(
    --no-user-file
    "--output=$reports/verdict.json" "--report=sarif=$reports/p2c.sarif" "--report=junit=$reports/p2c.xml"
)
[ -z "${P2C_SMOKE:-}" ] || arguments+=("--smoke=$P2C_SMOKE")
[ -z "${P2C_MIN_RUNG:-}" ] || arguments+=("--min-rung=$P2C_MIN_RUNG")
[ -z "${P2C_FAIL_ON:-}" ] || arguments+=("--fail-on=$P2C_FAIL_ON")
[ -z "${P2C_BASELINE:-}" ] || arguments+=("--baseline=$P2C_BASELINE")
[ -z "${P2C_TIMEOUT:-}" ] || arguments+=("--timeout=$P2C_TIMEOUT")

status=0
"$bin/p2c" verify "${arguments[@]}" -- "${P2C_REPO:-.}" || status=$?
if [ -f "$reports/verdict.json" ]; then
    {
        # -I: this folder is the checkout, and Python would import `sandbox` or `pathlib` from there.
        "$bin/python" -I - "$reports/verdict.json" <<'PYTHON'
import sys
from pathlib import Path

from p2c.report.plain import plain
from sandbox import Verdict

verdict = Verdict.model_validate_json(Path(sys.argv[1]).read_bytes())
print(f"rung={verdict.rung.name}", f"outcome={verdict.outcome.value}", sep="\n")
print(f"reason={plain(verdict.decision.reason) if verdict.decision else ''}")
PYTHON
        echo "verdict=$reports/verdict.json"
        echo "sarif=$reports/p2c.sarif"
        echo "junit=$reports/p2c.xml"
    } >>"$GITHUB_OUTPUT"
fi
exit "$status"
