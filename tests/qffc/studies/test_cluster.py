"""Studies over worker processes, one of which is killed, and over jobs of a queue."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from qffc.folder_lock import LOCK_NAME
from qffc.ir.diagnostics import QffcError
from qffc.models.files.model_file import load_model
from qffc.studies import ClusterTable, Study, SweepTable, sweep_runs
from qffc.studies.in_parallel import as_done, place_from, slurm_cluster, thread_limits, threads_of_each
from qffc.studies.run import do_run


def holder_of(lock: Path) -> int | None:
    import psutil  # comes with distributed

    children = psutil.Process().children(recursive=True)
    return next((child.pid for child in children if str(lock) in [file.path for file in child.open_files()]), None)


def kill_the_first_that_trains(folder: Path, killed: list[str], over: threading.Event) -> None:
    while not over.wait(0.002):
        for checkpoint in folder.glob("*/checkpoint.safetensors"):
            pid = holder_of(checkpoint.parent / LOCK_NAME)
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                killed.append(checkpoint.parent.name)
                return


@pytest.mark.slow
def test_a_killed_worker_costs_nothing_but_time(tiny, tmp_path):
    settings = tiny.settings.model_copy(update={"epochs": 30})
    runs = sweep_runs(tiny.model_copy(update={"settings": settings}), SweepTable.model_validate({"seed": [0, 1]}))
    killed: list[str] = []
    over = threading.Event()
    watcher = threading.Thread(target=kill_the_first_that_trains, args=(tmp_path, killed, over))
    watcher.start()
    try:
        results = Study(tmp_path, runs).do(ClusterTable(workers=2))
    finally:
        over.set()
        watcher.join()
    (name,) = killed
    assert all(result.failure is None and result.errors for result in results)
    do_run(next(run for run in runs if run.name == name), tmp_path / "alone")
    a, b = load_model(tmp_path / "alone").arrays, load_model(tmp_path / name).arrays
    assert all(np.array_equal(a[key], b[key]) for key in a)


def test_workers_keep_to_their_threads(monkeypatch):
    for name in thread_limits(1):
        monkeypatch.delenv(name, raising=False)
    found = as_done(os.getenv, ["NPROC", "OMP_NUM_THREADS", "XLA_FLAGS"], ClusterTable(workers=1, threads=3))
    assert sorted(found) == [(0, "3"), (1, "3"), (2, None)]
    assert os.getenv("NPROC") is None


def test_cores_are_shared():
    cores = len(os.sched_getaffinity(0))
    assert threads_of_each(1) == cores
    assert threads_of_each(10 * cores) == 1
    assert "XLA_FLAGS" in thread_limits(1)
    assert "XLA_FLAGS" not in thread_limits(2)


def test_a_running_scheduler(tiny):
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:
        place = ClusterTable(scheduler=cluster.scheduler_address)
        assert sorted(as_done(abs, [-3, -4], place)) == [(0, 3), (1, 4)]


def test_a_scheduler_that_is_not_there(monkeypatch):
    monkeypatch.setattr("qffc.studies.in_parallel.PATIENCE", "0.2s")
    with pytest.raises(QffcError, match="scheduler that cannot be reached"):
        list(as_done(abs, [1], ClusterTable(scheduler="tcp://127.0.0.1:9")))


def test_the_command_line_wins_over_the_file():
    table = ClusterTable(workers=3, slurm={"cores": 1})
    assert place_from(table, None, None) == table
    assert place_from(table, 2, None).workers == 2
    assert place_from(table, None, "tcp://a:1") == ClusterTable(scheduler="tcp://a:1")
    with pytest.raises(QffcError, match="its own workers"):
        place_from(None, 2, "tcp://a:1")


SBATCH = """#!/bin/sh
for file; do :; done
job="$QFFC_TEST_JOBS/job-$$.sh"
cp "$file" "$job" # the file is removed when this returns
setsid sh "$job" >/dev/null 2>&1 &
echo $! >> "$QFFC_TEST_JOBS/pids"
echo $!
"""
SCANCEL = """#!/bin/sh
for job; do kill -- "-$job" 2>/dev/null || true; done # with all that it started
"""


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Commands of Slurm that run a job on this machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("QFFC_TEST_JOBS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_jobs_of_slurm(queue):
    table = {"queue": "long", "cores": 2, "memory": "1GB", "walltime": "00:10:00", "interface": "lo"}
    place = ClusterTable(workers=1, slurm={**table, "job_script_prologue": ["export QFFC_TEST_JOB=yes"]})
    assert sorted(as_done(os.getenv, ["QFFC_TEST_JOB", "NPROC"], place)) == [(0, "yes"), (1, "2")]
    assert os.getenv("QFFC_TEST_JOB") is None


def test_script_of_slurm(queue):
    place = ClusterTable(
        slurm={"queue": "long", "cores": 4, "memory": "1GB", "job_script_prologue": ["module load it"]}
    )
    with slurm_cluster(place.model_copy(update={"workers": 1})) as cluster:
        script = cluster.job_script()
    assert "#SBATCH -p long" in script
    assert "#SBATCH --cpus-per-task=4" in script
    assert script.index("module load it") < script.index("export NPROC=4")
    assert "--nthreads 1" in script


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the cluster that was not made
def test_arguments_that_slurm_does_not_take():
    with pytest.raises(QffcError, match=r"cluster\.slurm"), slurm_cluster(ClusterTable(slurm={"nothing": 3})):
        pass
