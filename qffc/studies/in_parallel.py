"""Tasks in turn, on worker processes of this machine, or on a cluster; a lost worker's tasks go to another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from qffc.ir.diagnostics import QffcError, error
from qffc.studies.tables import ClusterTable

if TYPE_CHECKING:
    from distributed import Client, Future
    from distributed.deploy.spec import SpecCluster

Task = TypeVar("Task")
Done = TypeVar("Done")

ANY_PORT = ":0"
"""Where the page of a scheduler is: another cluster on this machine may have the usual port."""

LOSSES = 10
"""How many workers may be lost under one task before it is given up: each time it goes on from its checkpoint."""

PATIENCE = "20s"
"""How long a running scheduler may take to answer."""


def as_done(function: Callable[[Task], Done], tasks: Sequence[Task], place: ClusterTable) -> Iterator[tuple[int, Done]]:
    """Yield the number of each task and what the function made of it, as they are done.

    Args:
        function: of a module, so that a worker can import it; whatever it leaves on disk must bear being done again.
        tasks: plain data.
        place: where; without workers, scheduler or Slurm in this process, one after another.

    Raises:
        QffcError: when the place needs a package that is not installed, or cannot be reached.

    Example:
        >>> list(as_done(abs, [-1, -2], ClusterTable()))
        [(0, 1), (1, 2)]
    """
    if place.scheduler is None and place.slurm is None and place.workers is None:
        for index, task in enumerate(tasks):
            yield index, function(task)
        return
    with ExitStack() as stack:
        client = stack.enter_context(_client(place))
        from distributed import as_completed

        # Workers of somebody else's scheduler come without limits.
        threads = None if place.scheduler is None else place.threads or 1
        numbers = {
            client.submit(_limited, function, task, threads, pure=False): index for index, task in enumerate(tasks)
        }
        stack.callback(client.cancel, list(numbers))
        for future in as_completed(numbers):
            yield numbers[future], _result(future)


def thread_limits(threads: int) -> dict[str, str]:
    """Return environment variables that keep the libraries of a worker to so many threads.

    They are read when a library is loaded: ``NPROC`` sets the size of XLA's own pool.
    """
    limits = dict.fromkeys(("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    return limits | ({"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {})


def threads_of_each(workers: int) -> int:
    """Return how many threads a worker takes when so many share the cores that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) // workers)


def _limited(function: Callable[[Task], Done], task: Task, threads: int | None) -> Done:
    # XLA reads them when it is first used.
    for name, value in ({} if threads is None else thread_limits(threads)).items():
        os.environ.setdefault(name, value)
    return function(task)


@contextmanager
def _client(place: ClusterTable) -> Iterator[Client]:
    try:
        import dask
        from distributed import Client
    except ImportError:
        raise _not_installed("distributed") from None
    # The default gives a task up after three lost workers.
    with dask.config.set({"distributed.scheduler.allowed-failures": LOSSES}), ExitStack() as stack:
        if place.scheduler is not None:
            try:
                yield stack.enter_context(Client(place.scheduler, timeout=PATIENCE))
            except (OSError, ValueError) as problem:
                raise error(
                    "scheduler that cannot be reached",
                    found=f"'{place.scheduler}': {problem}",
                    expected="the address of a running Dask scheduler, such as tcp://host:8786",
                    help="start one with 'dask scheduler' and workers with 'dask worker ADDRESS'",
                ) from None
            return
        cluster = stack.enter_context(_local(place) if place.slurm is None else slurm_cluster(place))
        yield stack.enter_context(Client(cluster))


@contextmanager
def _local(place: ClusterTable) -> Iterator[SpecCluster]:
    import dask
    from distributed import LocalCluster

    workers = place.workers or 1
    # XLA complains at length about code that it kept itself; what is really wrong is raised.
    limits = thread_limits(place.threads or threads_of_each(workers)) | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    with (
        _environment_kept(limits),
        dask.config.set({"distributed.nanny.pre-spawn-environ": limits}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,  # one task at a time
            processes=True,
            memory_limit=0,  # a training that needs much memory is no reason to kill it
            dashboard_address=ANY_PORT,
            silence_logs="ERROR",
        ) as cluster,
    ):
        yield cluster


@contextmanager
def _environment_kept(names: Iterable[str]) -> Iterator[None]:
    """Workers inherit these variables from this process, where Dask leaves them behind."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def slurm_cluster(place: ClusterTable) -> Iterator[SpecCluster]:
    """Yield a cluster of Slurm jobs, each a worker; what the table leaves out comes from the settings of dask-jobqueue.

    Args:
        place: ``workers`` jobs, with ``slurm`` as arguments of ``SLURMCluster``.
    """
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise _not_installed("dask_jobqueue") from None
    given: dict[str, object] = dict(place.slurm or {})
    cores = given.get("cores")
    threads = place.threads or (cores if isinstance(cores, int) else 1)
    exports = [f"export {name}={value}" for name, value in thread_limits(threads).items()]
    before = given.pop("job_script_prologue", [])
    prologue = [*(before if isinstance(before, list) else [before]), *exports]
    # A job is one process that does one task at a time, whatever its number of cores.
    page = {"scheduler_options": {"dashboard_address": ANY_PORT}}
    arguments = (
        page | given | {"processes": 1, "worker_extra_args": ["--nthreads", "1"], "job_script_prologue": prologue}
    )
    try:
        cluster = SLURMCluster(**arguments)
    except (ValueError, TypeError) as problem:
        raise error(
            "table [cluster.slurm]",
            found=str(problem),
            expected="arguments of dask_jobqueue.SLURMCluster: queue, account, cores, memory, walltime, ...",
            help="give at least cores and memory, here or in the settings of dask-jobqueue",
        ) from None
    with cluster:
        cluster.scale(jobs=place.workers or 1)
        yield cluster


def _result(future: Future) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker as problem:
        raise error(
            "workers that were lost",
            found=f"{LOSSES} in a row under one task: {problem}",
            expected="workers that live",
            help="look at their memory; the same command goes on from what is done",
        ) from None


def _not_installed(package: str) -> QffcError:
    return error(
        "package that is not installed",
        found=f"no '{package}'",
        expected="the extra 'cluster', for runs on several workers",
        help="pip install 'qffc[cluster]', or leave --workers and --scheduler out",
    )


def place_from(table: ClusterTable | None, workers: int | None, scheduler: str | None) -> ClusterTable:
    """Return where runs run: what the command line says wins over the file."""
    given = ClusterTable() if table is None else table
    if scheduler is not None:
        return _checked({"scheduler": scheduler, "workers": workers, "threads": given.threads})
    if workers is not None:
        return _checked({**given.model_dump(), "scheduler": None, "workers": workers})
    return given


def _checked(values: Mapping[str, object]) -> ClusterTable:
    from pydantic import ValidationError

    from qffc.training.config import config_error

    try:
        return ClusterTable.model_validate(values)
    except ValidationError as problem:
        raise config_error(problem, ClusterTable) from None
