"""Circuits on a machine of Quantinuum, through qnexus: the extra ``nexus``, and a login with ``qnx login``.

qffc compiles to native gates itself, so circuits are uploaded as they are and asked to be left alone. Nothing that was
paid is lost with the connection: what is needed to find a job again is on disk before the job is submitted, and results
are stored one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from qffc.execution.jobs import JobStore, Task
from qffc.execution.shots import ShotResult
from qffc.ir.diagnostics import QffcError, error
from qffc.passes.target import Target

if TYPE_CHECKING:
    from qffc.passes.counts import CircuitCounts

PROJECT = "qffc"
"""The project in Nexus that circuits and jobs belong to."""


def run_on_machine(
    tasks: Sequence[Task], target: Target, keeper: JobStore | None, max_price: float | None
) -> dict[str, ShotResult]:
    """Return the results of tasks by their keys, from the machine of a target.

    Jobs that were submitted before and not fetched come first; only the tasks that are in none of them are submitted.

    Args:
        tasks: without stored results.
        target: with a machine and a price formula.
        keeper: where results and jobs are kept.
        max_price: in HQC, for what is submitted now; it is also what Nexus is told not to exceed.

    Raises:
        QffcError: when there is no folder, no limit, a price above it, or a job fails.
    """
    store, limit = _need_safety(target, keeper, max_price)
    by_key = {task.key: task for task in tasks}
    waiting = {name: entry for name, entry in store.jobs().items() if by_key.keys() & set(_keys(entry))}
    with _explained():
        nexus = import_module("qnexus") if tasks else None
        jobs = [(name, entry, _find(nexus, name, entry)) for name, entry in waiting.items()]
    for name, _, job in jobs:
        if job is None:  # the connection broke before the job reached Nexus
            store.finish_job(name)
    jobs = [found for found in jobs if found[2] is not None]
    submitted = {key for _, entry, _ in jobs for key in _keys(entry)}
    fresh = [task for task in tasks if task.key not in submitted]
    share = _share(fresh, target, limit)
    size = target.limits.circuits or max(len(fresh), 1)
    results: dict[str, ShotResult] = {}
    with _explained():
        for start in range(0, len(fresh), size):
            jobs.append(_submit(nexus, target, fresh[start : start + size], store, share))
        for name, entry, job in jobs:
            results |= _fetch(nexus, name, entry, job, by_key, store)
    return results


def _share(fresh: Sequence[Task], target: Target, limit: float) -> float:
    """The limit in units of the price of what is submitted now."""
    price = sum(target.price(_counts(task, target), task.shots) for task in fresh)
    if not price <= limit:  # NaN is no limit
        raise error(
            "run above the limit of its price",
            found=f"{price:.2f} HQC for {len(fresh)} circuits on '{target.name}'",
            expected=f"at most {limit:g} HQC",
            help="take fewer shots or fewer circuits, or raise the limit; nothing was submitted",
        )
    return limit / price if price else 1.0


def _submit(
    nexus: Any, target: Target, tasks: Sequence[Task], store: JobStore, share: float
) -> tuple[str, Mapping[str, object], Any]:
    """Submit tasks as one job; its name is on disk before, its id after."""
    name = f"qffc-{uuid4().hex[:16]}"
    project = nexus.projects.get_or_create(name=PROJECT)
    entry = {"machine": target.machine, "keys": [task.key for task in tasks], "id": None}
    programs = [
        nexus.circuits.upload(circuit=task.circuit, project=project, name=f"{name}-{index}")
        for index, task in enumerate(tasks)
    ]
    store.save_job(name, entry)
    config = nexus.QuantinuumConfig(
        device_name=target.machine,
        allow_implicit_swaps=False,
        no_opt=True,
        allow_2q_gate_rebase=False,
        target_2qb_gate=target.two_qubit,
    )
    job = nexus.start_execute_job(
        programs=programs,
        n_shots=[task.shots for task in tasks],
        backend_config=config,
        name=name,
        project=project,
        max_cost=[share * target.price(_counts(task, target), task.shots) for task in tasks],
    )
    entry = {**entry, "id": str(job.id)}
    store.save_job(name, entry)
    return name, entry, job


def _find(nexus: Any, name: str, entry: Mapping[str, object]) -> Any:
    """The job of an entry; None when it never reached Nexus."""
    if entry.get("id"):
        return nexus.jobs.get(id=entry["id"])
    project = nexus.projects.get_or_create(name=PROJECT)
    return next(iter(nexus.jobs.get_all(name_exact=[name], project=project)), None)


def _fetch(
    nexus: Any, name: str, entry: Mapping[str, object], job: Any, by_key: Mapping[str, Task], store: JobStore
) -> dict[str, ShotResult]:
    """Wait for a job, and store what it gave."""
    failure = ""
    try:
        nexus.jobs.wait_for(job)
    except nexus.exceptions.JobError as problem:
        failure = str(problem) or type(problem).__name__
    found: dict[str, ShotResult] = {}
    keys = _keys(entry)
    items = list(nexus.jobs.results(job, allow_incomplete=True))
    for key, item in zip(keys, items, strict=True):
        task = by_key.get(key)
        if task is None or not hasattr(item, "download_result"):  # of another run, or not finished
            continue
        counts = item.download_result().get_counts(cbits=task.circuit.bits)
        result = ShotResult.of_counts({"".join(map(str, bits)): int(n) for bits, n in counts.items() if n})
        if result.shots == task.shots:
            store.save(task, result)
            found[key] = result
    others = [key if key not in by_key else "" for key in keys]
    if any(others):  # another run will fetch them
        store.save_job(name, {**entry, "keys": others})
    else:
        store.finish_job(name)
    missing = sum(key in by_key and key not in found for key in keys)
    if missing:
        raise _failed(name, failure, missing, len(found))
    return found


@contextmanager
def _explained() -> Iterator[None]:
    """Errors of qnexus and of the network, in the words of qffc."""
    try:
        yield
    except QffcError:
        raise
    except Exception as problem:
        raise error(
            "no answer from Nexus",
            found=f"{type(problem).__name__}: {problem}".rstrip(": "),
            expected="a connection, and a login",
            help="log in with 'qnx login', then run the same again: submitted jobs are found, none is paid twice",
        ) from problem


def _failed(name: str, failure: str, missing: int, found: int) -> QffcError:
    return error(
        "job that did not finish",
        found=f"'{name}': {failure or 'fewer results or shots than asked for'}",
        expected=f"{missing + found} results, {found} of which came and are stored",
        help=f"run the same again: it submits the {missing} that are missing, which are paid then",
    )


def _need_safety(target: Target, keeper: JobStore | None, max_price: float | None) -> tuple[JobStore, float]:
    if keeper is None:
        raise error(
            "run that costs credits without a folder",
            found=f"'{target.name}', no folder for results",
            expected="a folder, so that a lost connection loses nothing",
            help="name one: store=PATH in Python, --store FOLDER on the command line",
        )
    if max_price is None or target.pricing is None:
        raise error(
            "run that costs credits without a limit",
            found=f"'{target.name}', {'no price formula' if target.pricing is None else 'no limit'}",
            expected="a target with a price formula, and a limit in HQC",
            help="look at the price first, then give a limit: max_price=HQC in Python",
        )
    return keeper, max_price


def _keys(entry: Mapping[str, object]) -> list[str]:
    keys = entry.get("keys")
    return [str(key) for key in keys] if isinstance(keys, list) else []


def _counts(task: Task, target: Target) -> CircuitCounts:
    from qffc.passes.lower_pytket.counts import count_circuit

    return count_circuit(task.circuit, target.weights)
