"""Nexus on this machine: the functions of qnexus 0.51 that qffc calls, with their signatures, over a small store.

`SIGNATURES` are those that `inspect.signature` gives for qnexus 0.51.1, annotations aside; a call that would not fit
the real function fails here.
"""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from uuid import uuid4

from pytket.backends.backendresult import BackendResult
from pytket.utils.outcomearray import OutcomeArray
from qir_circuits import circuit_of_qir

from qffc.execution.pecos import emulate
from qffc.targets.catalogue import target

RAW = 4
"""The version of results of Helios that lists what a program recorded, shot by shot."""
SIGNATURES = {
    "projects.get_or_create": "(name, description=None, properties=None)",
    "circuits.upload": "(circuit, project=None, name=None, description=None, properties=None)",
    "qir.upload": "(qir, name, project=None, description=None, properties=None)",
    "hugr.upload": "(hugr_package, name, project=None, description=None, properties=None)",
    "HeliosConfig": "(*, type='HeliosConfig', system_name='Helios-1', emulator_config=None, max_cost=None, "
    "attempt_batching=False, batch_id=None, max_batch_cost=None, options=None)",
    "models.HeliosEmulatorConfig": "(*, n_qubits=None, simulator=None, error_model=None, runtime=None)",
    "models.NoErrorModel": "(*, type='NoErrorModel', seed=None)",
    "start_execute_job": "(programs, n_shots, backend_config, name, description='', properties=None, project=None, "
    "valid_check=True, language=AUTO, credential_name=None, wasm_module=None, gpu_decoder_config=None, "
    "user_group=None, target_region=None, max_cost=[], n_qubits=[])",
    "jobs.wait_for": "(job, wait_for_status=COMPLETED, timeout=None, strategy=None)",
    "jobs.cost_confidence": "(job, scope=USER)",
    "jobs.results": "(job, allow_incomplete=False, scope=USER)",
    "QuantinuumConfig": "(*, type='QuantinuumConfig', device_name, simulator=None, machine_debug=False, "
    "attempt_batching=False, batch_id=None, allow_implicit_swaps=True, postprocess=False, noisy_simulation=None, "
    "target_2qb_gate=None, user_group=None, max_batch_cost=None, compiler_options=None, no_opt=True, "
    "allow_2q_gate_rebase=False, leakage_detection=False, simplify_initial=False, max_cost=None, error_params=None)",
    "jobs.get": "(*, id=None, name=None, name_like=None, creator_email=None, project=None, properties=None, "
    "job_status=None, job_type=None, created_before=None, created_after=2023, modified_before=None, "
    "modified_after=None, sort_filters=None, page_number=None, page_size=None, scope=USER)",
    "jobs.get_all": "(*, name_like=None, name_exact=None, creator_email=None, project=None, properties=None, "
    "job_status=None, job_type=None, created_before=None, created_after=2023, modified_before=None, "
    "modified_after=None, sort_filters=None, page_number=None, page_size=None, scope=USER)",
}


def names(signature: inspect.Signature) -> list[tuple[str, object]]:
    """Names and kinds of the arguments of a function."""
    return [(parameter.name, parameter.kind) for parameter in signature.parameters.values()]


def signature(name: str) -> inspect.Signature:
    """The recorded signature of a function of qnexus."""
    constants = {"AUTO": "AUTO", "COMPLETED": "COMPLETED", "USER": "user"}
    return inspect.signature(eval(f"lambda {SIGNATURES[name].strip('()')}: None", constants))


class JobError(Exception):
    """What qnexus raises for a job that failed."""


class ConnectionLost(ConnectionError):
    """What the network does."""


class ZeroMatches(Exception):
    """What qnexus raises for a status of 404."""


class DataGone(Exception):
    """What qnexus raises for a status of 410."""


class ResourceFetchFailed(Exception):
    """What qnexus raises for other statuses."""

    def __init__(self, message, status_code=None):
        self.status_code = status_code
        super().__init__(f"Failed to fetch resource with status code: {status_code}\nMessage: {message}")


class AuthenticationError(Exception):
    """What qnexus raises without a login."""


class FakeNexus:
    """A stand-in for the module qnexus; jobs are run by the emulator when they are submitted.

    Args:
        lose: the name of a function whose next call loses the connection, after it had its effect.
        refuse: how many circuits, from the last on, stay without a result in the next job.
        terminate: the most shots that a circuit of the next job gets before the job is terminated, or None.
        broken: by the name of a function, what it raises from now on; ``download_result`` is that of the first circuit
            of a job.
    """

    def __init__(self) -> None:
        self.lose = ""
        self.refuse = 0
        self.terminate = None
        self.broken: dict[str, Exception] = {}
        self.submitted: list[SimpleNamespace] = []
        self.exceptions = SimpleNamespace(JobError=JobError)
        self.projects = SimpleNamespace(get_or_create=self._checked("projects.get_or_create", lambda name: name))
        self.circuits = SimpleNamespace(upload=self._checked("circuits.upload", self._upload))
        self.qir = SimpleNamespace(upload=self._checked("qir.upload", self._upload_qir))
        self.HeliosConfig = self._checked("HeliosConfig", SimpleNamespace)
        self.models = SimpleNamespace(
            HeliosEmulatorConfig=self._checked(
                "models.HeliosEmulatorConfig", lambda **chosen: SimpleNamespace(**chosen)
            ),
            NoErrorModel=self._checked("models.NoErrorModel", lambda: "NoErrorModel"),
            references=SimpleNamespace(
                ResultType=SimpleNamespace(QSYS="QSYS"), ResultVersions=SimpleNamespace(RAW=RAW, DEFAULT=3)
            ),
        )
        self.start_execute_job = self._checked("start_execute_job", self._start)
        self.QuantinuumConfig = self._checked("QuantinuumConfig", lambda **chosen: SimpleNamespace(**chosen))
        self.jobs = SimpleNamespace(
            get=self._checked("jobs.get", lambda id: next(job for job in self.submitted if job.id == id)),
            get_all=self._checked("jobs.get_all", self._get_all),
            wait_for=self._checked("jobs.wait_for", self._wait),
            results=self._checked("jobs.results", lambda job, allow_incomplete: job.items),
            cost_confidence=self._checked("jobs.cost_confidence", lambda job: [(6.0, 95.0)] * len(job.items)),
        )

    def _checked(self, name, function):
        def call(*arguments, **named):
            bound = signature(name).bind(*arguments, **named)
            if name in self.broken:
                raise self.broken[name]
            made = function(**bound.arguments)
            if self.lose == name:
                self.lose = ""
                raise ConnectionLost("the line went dead")
            return made

        return call

    def _upload(self, circuit, project, name):
        assert project == "qffc"
        assert name
        return circuit.copy()

    def _upload_qir(self, qir, project, name):
        return self._upload(circuit_of_qir(qir), project, name)

    def _start(
        self, programs, n_shots, backend_config, name, project, max_cost=None, n_qubits=None, target_region=None
    ):
        assert len(programs) == len(n_shots)
        assert max_cost is None or len(max_cost) == len(programs)
        assert n_qubits is None or len(n_qubits) == len(programs)
        most = max(n_shots) if self.terminate is None else self.terminate
        helios = hasattr(backend_config, "system_name")
        items = [self._run(circuit, min(shots, most), helios) for circuit, shots in zip(programs, n_shots, strict=True)]
        items[0].number = 0
        kept = len(items) - self.refuse
        items[kept:] = [SimpleNamespace(last_status="ERROR")] * self.refuse
        job = SimpleNamespace(
            id=str(uuid4()),
            name=name,
            items=items,
            failed="Job errored with detail: out of ions" if self.refuse else "",
            config=backend_config,
            max_cost=max_cost,
            n_shots=n_shots,
            n_qubits=n_qubits,
            target_region=target_region,
        )
        if self.terminate is not None:
            job.failed = "Job has been terminated"
        self.refuse, self.terminate = 0, None
        self.submitted.append(job)
        return job

    def _run(self, circuit, shots, helios):
        outcomes = emulate(circuit, target("H2-1LE"), shots, len(self.submitted))
        result = BackendResult(c_bits=circuit.bits, shots=OutcomeArray.from_readouts(outcomes))
        item = SimpleNamespace(number=1, result_type="QSYS" if helios else "PYTKET")
        recorded = [
            [(f"USER:RESULT:{bit}", int(value)) for bit, value in zip(circuit.bits, shot, strict=True)]
            for shot in outcomes
        ]

        def download_result(version=3):
            if item.number == 0 and "download_result" in self.broken:
                raise self.broken["download_result"]
            assert version == (RAW if helios else 3)
            return SimpleNamespace(results=recorded) if helios else result

        item.download_result = download_result
        return item

    def _get_all(self, name_exact, project):
        assert project == "qffc"
        return [job for job in self.submitted if job.name in name_exact]

    def _wait(self, job):
        if job.failed:
            raise JobError(job.failed)
