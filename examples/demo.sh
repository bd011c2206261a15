#!/usr/bin/env bash
# The main job on the example paper. The model's replies are recorded; containers, installs, runs,
# repairs and reports are real.
#   examples/demo.sh [RUNS]    RUNS: where the runs go, default: runs
set -euo pipefail
cd "$(dirname "$0")/.."
runs=${1:-runs}
p2c=.venv/bin/p2c

echo "Part 1 of 2: a repository from examples/paper.tex, run in the sandbox."
$p2c generate examples/paper.tex --recorded examples/recorded -o "$runs/demo"

echo
echo "Part 2 of 2: the recorded repository happened to run at the first attempt. So that a repair can be"
echo "seen, four faults were seeded into a copy of it by hand (examples/faults.patch). The replies of the"
echo "debugging agent are recorded too; it had not seen the patch."
if [ ! -d "$runs/demo-faulty" ]; then
    rm -rf "$runs/demo-faulty.new"
    git clone --quiet "$runs/demo/repository" "$runs/demo-faulty.new"
    git -C "$runs/demo-faulty.new" apply "$PWD/examples/faults.patch"
    mv "$runs/demo-faulty.new" "$runs/demo-faulty"
fi
$p2c repair "$runs/demo-faulty" --smoke 'python main.py --smoke' \
    --recorded examples/recorded-repair -o "$runs/demo-repair"
