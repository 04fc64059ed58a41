#!/usr/bin/env bash
# pytest 9.2.0 with pytest-xdist 3.8.0: `--dist loadgroup` groups nothing. Tests of one `xdist_group` are spread over all
# workers, as with `--dist load`, without a word: the plugin adds the group to an attribute of the test that this pytest no
# longer reads. So a costly fixture of a group is set up by every worker, and tests that must not meet may meet. With
# pytest 9.1.0 the same command keeps the group on one worker.
#
# Output seen:
#   pytest 9.1.0: 1 worker
#   pytest 9.2.0: 2 workers
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
mkdir "$work/tests"
cat >"$work/tests/test_group.py" <<'PY'
import time

import pytest


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_member(number, worker_id, record_property):
    record_property("worker", worker_id)
    time.sleep(0.2)
PY
found=""
for version in 9.1.0 9.2.0; do
    "$work/venv/bin/pip" install --quiet "pytest==$version" "pytest-xdist==3.8.0"
    "$work/venv/bin/python" -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup --junitxml "$work/$version.xml" \
        -o junit_family=xunit1 "$work/tests" >"$work/$version.log" || { cat "$work/$version.log"; exit 1; }
    workers=$(grep -o 'name="worker" value="gw[0-9]*"' "$work/$version.xml" | sort -u | wc -l)
    echo "pytest $version: $workers worker$([ "$workers" = 1 ] || echo s)"
    found+="$workers "
done
[ "$found" = "1 2 " ]
