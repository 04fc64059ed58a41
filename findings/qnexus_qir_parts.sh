#!/usr/bin/env bash
# qnexus 0.51.1: a long result of a QIR program comes from Nexus in parts. `download_result()`, in the form of QIR, joins them
# wrongly: the whole of the result so far is added to itself, cut off at its first END, before each next part. The shots of
# the first part are there once more for every further part, and those of the last shot of one part and the first of the next
# run into one line. With `version=ResultVersions.RAW` the same parts are joined as they should be.
#
# The service is a stand-in for HTTP here, with three shots of one bit in three parts: 1, 0, 0.
#
# Output seen:
#   qir: 5 outcomes, [1, 1, 0, 1, 0]; raw: 3 outcomes, [1, 0, 0]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "qnexus==0.51.1"
HOME="$work" "$work/venv/bin/python" - <<'PY'
import re
from uuid import uuid4

import httpx
import qnexus.client
from qnexus.client.results import fetch_qsys_result_by_id
from qnexus.models.references import ResultVersions

BITS = [1, 0, 0]
program, project = str(uuid4()), str(uuid4())
named = {"name": "x", "timestamps": {"created": None, "modified": None}, "contents_modified": "2026-12-01T00:00:00", "archived": False}
owner = {"id": project, "type": "project", "attributes": named}
machine = {"type": "backend_snapshot", "id": "m", "attributes": {
    "name": "m", "version": "1", "gate_set": [], "device": {"nodes": [], "edges": [], "n_nodes": 1, "fully_connected": True},
    "supports_fast_feedforward": True, "supports_reset": True, "supports_midcircuit_measurement": True}}


def answer(request):
    if "/qir/" in request.url.path:
        data = {"id": program, "attributes": named, "relationships": {"project": {"data": {"id": project}}}}
        return httpx.Response(200, json={"data": data, "included": [owner]})
    number = int(request.url.params["chunk_number"])
    if number >= len(BITS):
        return httpx.Response(404, json={})
    qir = f"HEADER\tschema_id\tlabeled\nSTART\nOUTPUT\tRESULT\t{BITS[number]}\tc[0]\nEND\t0\n"
    part = qir if request.url.params["version"] == "3" else [[["USER:RESULT:c[0]", BITS[number]]]]
    data = {"attributes": {"results": part}, "relationships": {"program": {"data": {"id": program, "type": "qir"}}}}
    return httpx.Response(200, json={"data": data, "included": [machine]})


qnexus.client._nexus_client = httpx.Client(transport=httpx.MockTransport(answer), base_url="https://nexus.example")
qir = fetch_qsys_result_by_id(uuid4(), ResultVersions.DEFAULT)[0].results
raw = fetch_qsys_result_by_id(uuid4(), ResultVersions.RAW)[0].results
one = [int(bit) for bit in re.findall(r"OUTPUT\tRESULT\t(\d)", qir)]
two = [shot[0][1] for shot in raw]
print(f"qir: {len(one)} outcomes, {one}; raw: {len(two)} outcomes, {two}")
raise SystemExit(0 if two == BITS and len(one) == 5 else 1)
PY
