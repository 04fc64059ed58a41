"""The tables of a run file that make a study of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from qffc.training.config import TrainingConfig

Count = Annotated[int, Field(ge=1)]
Scalar = bool | int | float | str
Choices = Annotated[tuple[Scalar, ...], Field(min_length=1)]

PROGRAM = "program"
OPTION = "program."
"""What the names of program options start with, where settings have their own."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CurveTable(_Table):
    """A learning curve: which sizes, how often."""

    sizes: Annotated[tuple[Count, ...], Field(min_length=1)] = Field(description="numbers of training frames")
    splits: Count = Field(1, description="splits of the data for each size, with seeds from split_seed on")
    seeds: Count = Field(1, description="trainings for each split, with seeds from seed on")
    published: bool = Field(False, description="use the splits that come with the data, from 1 on")
    stretch: Annotated[float, Field(ge=1, allow_inf_nan=False)] = Field(
        5.0, description="small sizes get at most this many times the epochs of the largest one"
    )


class SweepTable(_Table):
    """A grid: every combination of the values of each setting, program or option of the program."""

    programs: tuple[str, ...] = ()
    options: dict[str, Choices] = {}
    settings: dict[str, Choices] = {}

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        kinds = _by_kind(given)
        programs, options = kinds["program"], kinds["options"]
        return {"programs": programs or (), "options": options, "settings": kinds["settings"]}

    @model_validator(mode="after")
    def _varies_something(self) -> Self:
        if not (self.programs or self.options or self.settings):
            raise ValueError("nothing is varied: name a setting with a list of values, such as seed = [0, 1, 2]")
        _need_settings(self.settings)
        return self


class Range(_Table):
    """Numbers between two ends."""

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low must be below high, and above 0 where log is true")
        return self

    @property
    def whole(self) -> bool:
        """Whether both ends, and so the numbers, are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class SearchTable(_Table):
    """A search over settings and program options: where, how long, and what is best."""

    trials: Count = Field(30, description="trials in all; more may be asked for later")
    energy_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="s in the objective: (energy MAE)^s (force MAE)^(1 - s) of the validation frames"
    )
    prune: bool = Field(True, description="stop trials that are worse than the median of the others at their epoch")
    sampler_seed: int = Field(0, ge=0, description="seed of the sampler")
    options: dict[str, Range | Choices] = {}
    settings: dict[str, Range | Choices] = {}

    @model_validator(mode="before")
    @classmethod
    def _space(cls, given: object) -> object:
        if not isinstance(given, Mapping) or not isinstance(given.get("space"), Mapping):
            raise ValueError(
                "needs [search.space] with entries such as learning_rate = {low = 1e-4, high = 1e-2, log = true}"
            )
        kinds = _by_kind(given["space"])
        if kinds["program"]:
            raise ValueError("programs cannot be searched over: compare them in a sweep, or search over program.OPTION")
        rest = {name: value for name, value in given.items() if name != "space"}
        return {**rest, "options": kinds["options"], "settings": kinds["settings"]}

    @model_validator(mode="after")
    def _searches_something(self) -> Self:
        if not (self.options or self.settings):
            raise ValueError("the search space is empty")
        _need_settings(self.settings)
        return self


class ArchitectureTable(_Table):
    """A search over programs: how long, what is judged, and what may be changed."""

    generations: Annotated[int, Field(ge=0)] = Field(5, description="after the first one; more may be asked for later")
    population: Count = Field(8, description="candidates that are trained in a generation, and parents of the next one")
    energy_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="s in the error: (energy MAE)^s (force MAE)^(1 - s) of the validation frames"
    )
    standard_error: str = Field("1 meV", description="of an energy whose shots are counted")
    geometries: Count = Field(4, description="validation frames over which the shots are a mean")
    halve: bool = Field(True, description="stop candidates that are in the worse half a third of the way")
    gates: Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        None, description="couplings that may be added; left out, all for 'evolve' and exchange for 'relax'"
    )
    search_seed: int = Field(0, ge=0, description="seed of all choices")
    sparsity: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        2.0, description="how strongly 'relax' makes the angles of gates small, by what they cost"
    )
    sharpness: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        1.0, description="how strongly 'relax' draws the weights of gates to 0 and 1"
    )


class ClusterTable(_Table):
    """Where the runs of a study run."""

    workers: Count | None = Field(None, description="processes on this machine, or jobs of Slurm")
    threads: Count | None = Field(None, description="of each worker; all cores shared evenly when left out")
    scheduler: str | None = Field(None, description="address of a running Dask scheduler, such as tcp://host:8786")
    slurm: dict[str, Scalar | list[str]] | None = Field(
        None, description="arguments of dask_jobqueue.SLURMCluster: queue, account, cores, memory, walltime, ..."
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.scheduler is not None and (self.slurm is not None or self.workers is not None):
            raise ValueError("a running scheduler has its own workers: leave workers and slurm out")
        return self


def _by_kind(table: Mapping[str, object]) -> dict[str, object]:
    """Entries of a table by what they vary: ``program`` (a list), ``program.OPTION``, or a setting."""
    program = table.get(PROGRAM)
    options = dict(program) if isinstance(program, Mapping) else {}
    settings = {name: value for name, value in table.items() if name != PROGRAM}
    return {"program": None if options else program, "options": options, "settings": settings}


def _need_settings(names: Mapping[str, object]) -> None:
    unknown = [name for name in names if name not in TrainingConfig.model_fields]
    if unknown:
        known = ", ".join(f"'{name}'" for name in TrainingConfig.model_fields)
        raise ValueError(f"'{unknown[0]}' is no setting: write program, program.OPTION, or one of {known}")
