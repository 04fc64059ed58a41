"""Nexus at the border of HTTP: what its service answers to the real qnexus, over a small store on this machine.

The paths, fields and states are those that qnexus 0.51.1 asks for and reads. Circuits are run by the emulator; programs
for Helios are read back from their bitcode, line by line, and run by it, too.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from uuid import uuid4

import httpx
from pytket.backends.backendresult import BackendResult
from pytket.circuit import Circuit
from pytket.utils.outcomearray import OutcomeArray
from qir_circuits import circuit_of_qir

from qffc.execution.pecos import emulate
from qffc.targets.catalogue import target

NOW = "2026-12-01T00:00:00+00:00"
TIMES = {"created": NOW, "modified": NOW}
SNAPSHOT = {
    "type": "backend_snapshot",
    "id": "snapshot",
    "attributes": {
        "name": "machine",
        "version": "1",
        "device": {"nodes": [], "edges": [], "n_nodes": 2, "fully_connected": True},
        "gate_set": [],
        "supports_fast_feedforward": True,
        "supports_reset": True,
        "supports_midcircuit_measurement": True,
    },
}


class NexusOverHttp:
    """The service.

    Args:
        lose: method and a part of a path whose next request loses its answer, after it had its effect.
        most: shots that a program of the next job gets before the job is stopped, or None.
        chunk: shots of Helios in one part of a result.
    """

    def __init__(self) -> None:
        self.lose: tuple[str, str] | None = None
        self.most: int | None = None
        self.chunk = 2
        self.programs: dict[str, tuple[str, dict]] = {}
        self.jobs: list[dict] = []
        self.results: dict[str, tuple[str, object]] = {}
        self.project = {"id": str(uuid4()), "type": "project", "attributes": self._named("qffc")}
        self.made = False

    def client(self) -> httpx.Client:
        """What qnexus speaks through."""
        return httpx.Client(transport=httpx.MockTransport(self._answer), base_url="https://nexus.example:443")

    @property
    def definitions(self) -> list[dict]:
        """What was asked for in each job."""
        return [job["attributes"]["definition"] for job in self.jobs]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.lstrip("/")
        body = json.loads(request.content) if request.content else {}
        status, answer = self._route(request.method, path, body, request.url.params)
        if self.lose and request.method == self.lose[0] and re.search(self.lose[1], path):
            self.lose = None
            raise httpx.ReadError("the line went dead")
        return httpx.Response(status, json=answer)

    def _route(self, method, path, body, query):
        kind, rest = re.fullmatch(r"api/(\w+)/v1\w+/?(.*)", path).groups()
        if kind == "projects":
            return self._projects(method, rest, body, query)
        if kind in ("circuits", "qir", "hugr"):
            return self._program(method, kind, rest, body)
        if kind == "jobs" and method == "POST":
            return self._start(body["data"])
        if kind == "jobs":
            return self._job(rest, query)
        if kind == "results":
            return self._pytket_result(rest)
        assert kind == "qsys_results", path
        return self._raw_result(rest.removeprefix("partial/"), query)

    @staticmethod
    def _named(name):
        return {"name": name, "contents_modified": NOW, "archived": False, "properties": {}, "timestamps": TIMES}

    def _projects(self, method, rest, body, query):
        if method == "POST":
            assert body["data"]["attributes"]["name"] == "qffc"
            self.made = True
            return 201, {"data": self.project}
        found = [self.project] if self.made and query.get("page[number]", "0") == "0" else []
        return 200, {"count": len(found)} if rest else {"data": found}

    def _program(self, method, kind, rest, body):
        if method == "POST":
            rest = str(uuid4())
            assert body["data"]["relationships"]["project"]["data"]["id"] == self.project["id"]
            self.programs[rest] = (kind.removesuffix("s"), body["data"]["attributes"])
        name = self._named(self.programs[rest][1]["name"])
        data = {"id": rest, "attributes": name, "relationships": {"project": {"data": self.project}}}
        return (201 if method == "POST" else 200), {"data": data, "included": [self.project]}

    def _start(self, data):
        items, most = data["attributes"]["definition"]["items"], self.most
        asked = data["attributes"]["definition"]["backend_config"]
        checks = (asked.get("system_name") or asked["device_name"]).endswith("SC")
        for number, item in enumerate(items):
            shots = item["n_shots"] if most is None else min(item["n_shots"], most)
            item |= {"item_id": number, "status": {"status": "COMPLETED", "message": "", "cost": 6.0 + number}}
            if checks:
                item["status"] |= {"cost_confidence": 95.0 - number} if "system_name" in asked else {}
                continue
            if shots < item["n_shots"]:
                item["status"] = {"status": "TERMINATED", "message": "reached its cost limit"}
            if shots:
                item |= self._run(item["program_id"], shots)
        stopped = any(item["status"]["status"] == "TERMINATED" for item in items)
        job = {
            "id": str(uuid4()),
            "attributes": data["attributes"]
            | {
                "status": {"status": "TERMINATED" if stopped else "COMPLETED", "message": ""},
                "properties": {},
                "timestamps": TIMES,
            },
            "relationships": {
                "project": {"data": self.project},
                "programs": {"data": [{"id": name, "type": kind} for name, (kind, _) in self.programs.items()]},
            },
        }
        self.most = None
        self.jobs.append(job)
        return 202, {"data": job}

    def _run(self, program, shots):
        kind, attributes = self.programs[program]
        if kind == "circuit":
            circuit = Circuit.from_dict({k: v for k, v in attributes.items() if k not in ("properties", "description")})
        else:
            circuit = circuit_of_qir(b64decode(attributes["contents"]))
        outcomes = emulate(circuit, target("H2-1LE"), shots, len(self.results))
        name = str(uuid4())
        self.results[name] = (program, (circuit, outcomes))
        return {"result_id": name, "result_type": "PYTKET" if kind == "circuit" else "QSYS"}

    def _job(self, rest, query):
        if not rest:
            named = [job for job in self.jobs if job["attributes"]["name"] == query["filter[name_exact]"]]
            return 200, {"data": named if query["page[number]"] == "0" else [], "included": [self.project]}
        job = next((job for job in self.jobs if job["id"] == rest.split("/")[0]), None)
        if job is None:
            return 404, {"message": "no such job"}
        if rest.endswith("status"):
            return 200, job["attributes"]["status"]
        return 200, {"data": job, "included": [self.project]}

    def _pytket_result(self, rest):
        program, (circuit, outcomes) = self.results[rest]
        result = BackendResult(c_bits=circuit.bits, shots=OutcomeArray.from_readouts(outcomes)).to_dict()
        relations = {"program": {"data": {"id": program, "type": "circuit"}}}
        return 200, {"data": {"attributes": result, "relationships": relations}, "included": [SNAPSHOT]}

    def _raw_result(self, rest, query):
        program, (circuit, outcomes) = self.results[rest]
        assert query["version"] == "4", "joined wrongly by qnexus 0.51.1"
        start = int(query["chunk_number"]) * self.chunk
        part = outcomes[start : start + self.chunk]
        if not len(part):
            return 404, {"message": "no such chunk"}
        shots = [
            [["METRICS:INT:emulator:shot_number", start + number]]
            + [[f"USER:RESULT:{bit}", int(value)] for bit, value in zip(circuit.bits, shot, strict=True)]
            for number, shot in enumerate(part)
        ]
        relations = {"program": {"data": {"id": program, "type": self.programs[program][0]}}}
        return 200, {"data": {"attributes": {"results": shots}, "relationships": relations}, "included": [SNAPSHOT]}
