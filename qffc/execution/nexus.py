"""Circuits on a machine of Quantinuum, through qnexus: the extra ``nexus``, and a login with ``qnx login``.

qffc compiles to native gates itself, so circuits are uploaded as they are and asked to be left alone. Nothing that was
paid is lost with the connection: what is needed to find a job again is on disk before the job is submitted, and results
are stored one by one, those with fewer shots than asked for as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from qffc.execution.jobs import JobStore, Task
from qffc.execution.nexus_errors import explained, is_gone
from qffc.execution.nexus_service import PROJECT, outcomes, start, upload
from qffc.execution.shots import ShotResult
from qffc.ir.diagnostics import QffcError, error
from qffc.passes.target import Target

if TYPE_CHECKING:
    from qffc.passes.counts import CircuitCounts


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
    by_key = {key: task for task in tasks for key in task.keys}
    waiting = {name: entry for name, entry in store.jobs().items() if by_key.keys() & set(_keys(entry))}
    with explained():
        nexus = import_module("qnexus") if tasks else None
        jobs = [(name, entry, _find(nexus, name, entry, store)) for name, entry in waiting.items()]
    for name, _, job in jobs:
        if job is None:  # the connection broke before the job reached Nexus
            store.finish_job(name)
    jobs = [found for found in jobs if found[2] is not None]
    submitted = {by_key[key].key for _, entry, _ in jobs for key in _keys(entry) if key in by_key}
    others = [task for task in tasks if task.key not in submitted]
    results = {task.key: whole for task in others if (whole := _whole(task, store))}
    fresh = [_rest(task, store) for task in others if task.key not in results]
    share = _share(fresh, target, limit)
    size = target.limits.circuits or max(len(fresh), 1)
    failures: list[QffcError] = []
    with explained():
        for start in range(0, len(fresh), size):
            jobs.append(_submit(nexus, target, fresh[start : start + size], store, share))
        for name, entry, job in jobs:
            found, failure = _fetch(nexus, name, entry, job, by_key, store)
            results |= found
            failures += [failure] if failure is not None else []
    if failures:
        raise failures[0]
    return results


class _Rest(NamedTuple):
    """What is left to run of a task."""

    task: Task
    shots: int


def _rest(task: Task, store: JobStore) -> _Rest:
    return _Rest(task, task.shots - sum(part.shots for part in store.load_parts(task).values()))


def _share(fresh: Sequence[_Rest], target: Target, limit: float) -> float:
    """The limit in units of the price of what is submitted now."""
    price = sum(target.price(_counts(rest.task, target), rest.shots) for rest in fresh)
    if not price <= limit:  # NaN is no limit
        raise error(
            "run above the limit of its price",
            found=f"{price:.2f} HQC for {len(fresh)} circuits on '{target.name}'",
            expected=f"at most {limit:g} HQC",
            help="take fewer shots or fewer circuits, or raise the limit; nothing was submitted",
        )
    return limit / price if price else 1.0


def _submit(
    nexus: Any, target: Target, rests: Sequence[_Rest], store: JobStore, share: float
) -> tuple[str, Mapping[str, object], Any]:
    """Submit tasks as one job; its name is on disk before, its id after."""
    name = f"qffc-{uuid4().hex[:16]}"
    project = nexus.projects.get_or_create(name=PROJECT)
    entry = {"machine": target.machine, "keys": [rest.task.key for rest in rests], "id": None}
    circuits = [rest.task.circuit for rest in rests]
    programs = upload(nexus, target, circuits, project, name)
    store.save_job(name, entry)
    job = start(
        nexus,
        target,
        programs,
        circuits,
        shots=[rest.shots for rest in rests],
        limits=[share * target.price(_counts(rest.task, target), rest.shots) for rest in rests],
        project=project,
        name=name,
    )
    entry = {**entry, "id": str(job.id)}
    store.save_job(name, entry)
    return name, entry, job


def _find(nexus: Any, name: str, entry: Mapping[str, object], store: JobStore) -> Any:
    """The job of an entry; None when it never reached Nexus."""
    if entry.get("id"):
        with _still_there(name, entry, store):
            return nexus.jobs.get(id=entry["id"])
    project = nexus.projects.get_or_create(name=PROJECT)
    return next(iter(nexus.jobs.get_all(name_exact=[name], project=project)), None)


def _fetch(
    nexus: Any, name: str, entry: Mapping[str, object], job: Any, by_key: Mapping[str, Task], store: JobStore
) -> tuple[dict[str, ShotResult], QffcError | None]:
    """Wait for a job, store every shot that it gave, and say what is missing."""
    ended = ""
    with _still_there(name, entry, store):
        try:
            nexus.jobs.wait_for(job)
        except nexus.exceptions.JobError as problem:
            ended = str(problem) or type(problem).__name__
        items = list(nexus.jobs.results(job, allow_incomplete=True))
    found: dict[str, ShotResult] = {}
    gone: QffcError | None = None
    keys = _keys(entry)
    for key, item in zip(keys, items, strict=True):
        task = by_key.get(key)
        if task is None or not hasattr(item, "download_result"):  # of another run, or not begun
            continue
        try:
            with _still_there(name, entry, store):
                counts = outcomes(nexus, item, task.circuit)
        except QffcError as problem:  # others of the job may be there
            gone = gone or problem
            continue
        result = _kept(task, name, counts, store)
        if result is not None:
            found[task.key] = result
    if gone is not None:
        return found, gone
    others = [key if key not in by_key else "" for key in keys]
    if any(others):  # another run will fetch them
        store.save_job(name, {**entry, "keys": others})
    else:
        store.finish_job(name)
    missing = [_rest(by_key[key], store) for key in keys if key in by_key and by_key[key].key not in found]
    return found, _unfinished(name, entry, ended, missing, len(found), store) if missing else None


def _kept(task: Task, job: str, counts: dict[str, int], store: JobStore) -> ShotResult | None:
    """Store what a job gave for a task; return all of its shots, once there are as many as it asks for.

    A job that reached its limit of the price, or was stopped, gives fewer: they count, and only the others are run
    again.
    """
    if not counts:
        return None
    result = ShotResult.of_counts(counts)
    if result.shots == task.shots:
        store.save(task, result)
        return result
    store.save_part(task, job, result)
    return _whole(task, store)


def _whole(task: Task, store: JobStore) -> ShotResult | None:
    """The result of a task from the parts that several jobs gave, once they are enough; it is stored then."""
    parts = tuple(store.load_parts(task).values())
    if sum(part.shots for part in parts) < task.shots:
        return None
    result = ShotResult.merged(parts).drawn(task.shots, task.seed)
    store.save(task, result)
    return result


@contextmanager
def _still_there(name: str, entry: Mapping[str, object], store: JobStore) -> Iterator[None]:
    """Name the job, and the file that remembers it, when Nexus no longer has it."""
    try:
        yield
    except Exception as problem:
        if not is_gone(problem):
            raise
        raise error(
            "job that is gone from Nexus",
            found=f"'{name}', id {entry.get('id') or 'unknown'}: {type(problem).__name__}: {problem}".rstrip(": "),
            expected="its results, which are not fetched yet",
            help=f"look for it in Nexus, in the project '{PROJECT}'; to forget it, remove '{store.job_file(name)}': "
            "then its circuits are submitted, and paid, again",
        ) from problem


def _unfinished(
    name: str, entry: Mapping[str, object], ended: str, missing: Sequence[_Rest], found: int, store: JobStore
) -> QffcError:
    shots = sum(rest.shots for rest in missing)
    part = sum(rest.task.shots for rest in missing) - shots
    return error(
        "job that did not finish",
        found=f"'{name}', id {entry.get('id') or 'unknown'}: {ended or 'fewer results or shots than asked for'}",
        expected=f"{len(missing) + found} results, {found} of which came and are stored",
        help=f"run the same again: it submits the {shots} shots of {len(missing)} circuits that are missing, which are "
        f"paid then; {part} shots of these circuits are kept in '{store.folder / 'parts'}'. Nexus stops a circuit at "
        "its share of the limit: one some percent above the price leaves room",
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
