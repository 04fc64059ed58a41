"""How to train: every choice in one checked object, the same from the command line, a file or Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from qffc.ir.diagnostics import QffcError, error
from qffc.ir.given_values import not_a
from qffc.ir.plain_numbers import whole_number
from qffc.ir.program import Program
from qffc.models.initialization.spreads import (
    ANGLE_SPREAD,
    RADIAL_FALLOFF,
    RADIAL_FALLOFF_OF_SUMS,
    RADIAL_SPREAD,
    RADIAL_SPREAD_OF_SUMS,
)

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


FIRST_RATE, TUNING_RATE = 0.005, 0.0005
"""The learning rate of a run that says none: of fresh parameters, and of those of a trained model."""
TUNING_WARMUP = 0.05
"""The warmup of a run from a trained model that says none, a share of its steps."""

SHOT_WEIGHT = 0.01
"""The weight of shot costs where a target for them is given, and no weight."""

_USUAL = {
    "learning_rate": FIRST_RATE,
    "warmup": 0.0,
    "radial_spread": RADIAL_SPREAD,
    "radial_falloff": RADIAL_FALLOFF,
}
"""What is taken for settings that were left open."""
_OF_SUMS = {
    "learning_rate": 0.0015,
    "warmup": 0.02,
    "radial_spread": RADIAL_SPREAD_OF_SUMS,
    "radial_falloff": RADIAL_FALLOFF_OF_SUMS,
}
"""The same for programs of sums over neighbours, whose many terms want small and less smooth functions and small steps:
benchmarks/README.md has errors."""


def _frames(least: int) -> Callable[[object], int | tuple[int, ...]]:
    """The check of a number of frames, or of one for each set; words on a command line too."""

    def check(given: object) -> int | tuple[int, ...]:
        several = given.split(",") if isinstance(given, str) else given
        counts = tuple(map(_whole, several if isinstance(several, list | tuple) else [several]))
        if not counts or any(count is None or count < least for count in counts):
            message = f"a whole number of at least {least}, or such a number for each data set"
            raise PydanticCustomError("frames", "{message}", {"message": message})
        numbers = tuple(count for count in counts if count is not None)
        return numbers[0] if len(numbers) == 1 else numbers

    return check


def _whole(given: object) -> int | None:
    if isinstance(given, str) and given.strip().isdigit():
        return int(given)
    return whole_number(given)


def _bits(given: object) -> object:
    """A precision in words as a number; what is none is refused by its type."""
    return {"32": 32, "64": 64, "float32": 32, "float64": 64}.get(given, given) if isinstance(given, str) else given


Sizes = int | tuple[int, ...]
TrainingFrames = Annotated[Sizes, BeforeValidator(_frames(least=1))]
OtherFrames = Annotated[Sizes, BeforeValidator(_frames(least=0))]


class TrainingConfig(BaseModel):
    """Choices of a training run; unknown names are refused.

    Example:
        >>> TrainingConfig(epochs=10).batch_size
        5
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: TrainingFrames | None = Field(
        None, description="training frames, of each set or set by set; half of all, at most 500, when left out"
    )
    validation: OtherFrames = Field(50, description="frames watched during training, not trained on")
    test: OtherFrames | None = Field(None, description="held-out frames; all others when left out")
    split_seed: int = Field(0, ge=0, description="seed of the split")
    published_split: Count | None = Field(
        None, description="number of a split that comes with the data, from 1, instead of one that is drawn"
    )
    seed: int = Field(0, ge=0, description="seed of the starting parameters and of the order of the frames")
    angle_spread: Positive = Field(ANGLE_SPREAD, description="deviation of the first angles, radians")
    radial_spread: Positive | None = Field(
        None,
        description="deviation of the first radial function's weight; left out, 1.5, and 0.4 in sums over neighbours",
        examples=[RADIAL_SPREAD],
    )
    radial_falloff: Weight | None = Field(
        None,
        description="the k-th radial function's weight deviates by k to this power less; left out, 2, and 1 in sums "
        "over neighbours",
        examples=[RADIAL_FALLOFF],
    )
    epochs: Count = Field(100, description="passes over the training frames")
    batch_size: Count = Field(5, description="frames in a step")
    accumulate: Count = Field(1, description="pieces in which the frames of a step are computed, to save memory")
    devices: Count = Field(1, description="devices of each process that share the frames of a step")
    learning_rate: Positive | None = Field(
        None,
        description="Adam's, after the warmup and before the decay; left out, 0.005, with sums over neighbours 0.0015, "
        "and from a trained model 0.0005",
        examples=[FIRST_RATE],
    )
    final_rate: Annotated[float, Field(ge=0, le=1)] = Field(0.001, description="last learning rate over the first")
    schedule: Literal["cosine", "linear", "exponential", "constant"] = Field(
        "cosine", description="how the rate falls to the last one: cosine, linear, exponential; or constant"
    )
    warmup: Weight | None = Field(
        None,
        description="steps in which the rate rises to the first one; below 1 a share of all; left out, 0, with "
        "sums over neighbours 0.02, and from a trained model 0.05",
        examples=[0.05],
    )
    energy_weight: Weight = Field(10.0, description="weight of (energy error / atoms)^2, eV^-2")
    force_weight: Weight = Field(1.0, description="weight of the mean squared force error, (eV/Angstrom)^-2")
    stress_weight: Weight = Field(
        0.0,
        description="weight of the mean of (stress error * volume / atoms)^2, eV^-2, of frames in cells with stresses",
        examples=[10.0],
    )
    shot_weight: Weight | None = Field(
        None,
        description="weight of the mean square of the shot cost S of an energy, eV^-2: a standard error e takes "
        "(S/e)^2 shots; left out, 0, and 0.01 with shots_for_1mev",
        examples=[1e-4],
    )
    shots_for_1mev: Positive | None = Field(
        None,
        description="shots for a standard error of 1 meV that are enough: only what S has above theirs counts; none "
        "when left out",
        examples=[1e5],
    )
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = Field(0.99, description="decay of the averaged parameters, a step")
    weight_decay: Weight = Field(0.0, description="AdamW's pull of every parameter to 0")
    clip: Positive = Field(0.1, description="largest norm of a gradient; large steps would make the loss leap")
    precision: Annotated[Literal[32, 64], BeforeValidator(_bits)] = Field(
        64, description="bits of the numbers in a step; models hold 64 either way"
    )
    evaluate_every: Count = Field(5, description="epochs between two evaluations, log rows and checkpoints")

    patience: Count | None = Field(
        None, description="evaluations without a better one after which a run ends; it keeps the best model then"
    )
    max_minutes: Positive | None = Field(
        None, description="minutes after which no epoch is begun; the same command goes on from the checkpoint"
    )

    noise: str | None = Field(
        None,
        description="train on what a noisy device gives: a target with figures of its noise, or a file of one",
        examples=["H2-1"],
    )

    limits: Literal["on", "off"] = Field(
        "on", description="fade to free atoms, which repel each other, where the training data end; or do not"
    )

    @model_validator(mode="after")
    def _learns_something(self) -> Self:
        if self.energy_weight == 0 and self.force_weight == 0:
            raise _clash("energy_weight, force_weight", "not both 0: nothing to learn")
        return self

    @model_validator(mode="after")
    def _steps_fit(self) -> Self:
        if self.batch_size % self.accumulate:
            raise _clash("accumulate", f"a divisor of the batch_size, which is {self.batch_size}", self.accumulate)
        if self.schedule == "exponential" and self.final_rate == 0:
            raise _clash("final_rate", "above 0: an exponential never reaches it", self.final_rate)
        watched = self.validation if isinstance(self.validation, tuple) else (self.validation,)
        if self.patience is not None and not any(watched):
            raise _clash("patience", "validation frames to judge by; validation is 0", self.patience)
        return self


def settled(config: TrainingConfig, program: Program | None = None, *, tuning: bool = False) -> TrainingConfig:
    """Return the configuration with numbers for what was left open.

    Args:
        config: of the run.
        program: that is trained; None for one without sums over neighbours.
        tuning: whether it starts from a trained model, which large steps would ruin.

    Example:
        >>> settled(TrainingConfig()).learning_rate, settled(TrainingConfig(), tuning=True).learning_rate
        (0.005, 0.0005)
        >>> import qffc as qf
        >>> settled(TrainingConfig(), qf.load("gathered")).learning_rate
        0.0015
    """
    if tuning:  # nothing is drawn then, however far it would spread
        usual = _USUAL | {"learning_rate": TUNING_RATE, "warmup": TUNING_WARMUP}
    else:
        usual = _USUAL if program is None or program.gathered is None else _OF_SUMS
    usual = usual | {"shot_weight": 0.0 if config.shots_for_1mev is None else SHOT_WEIGHT}
    return config.model_copy(update={name: value for name, value in usual.items() if getattr(config, name) is None})


def added_settings(saved: Mapping[str, object]) -> dict[str, object]:
    """Return the defaults of what is no setting in ``saved``: what came later was as its default before.

    Args:
        saved: settings by name, as an earlier version wrote them.
    """
    defaults = settled(TrainingConfig()).model_dump()
    return {name: value for name, value in defaults.items() if name not in saved}


def _clash(names: str, expected: str, found: object = "both") -> PydanticCustomError:
    """A complaint about settings that do not go together."""
    return PydanticCustomError("clash", "{expected}", {"names": names, "expected": expected, "found": found})


def training_config(values: dict[str, object]) -> TrainingConfig:
    """Return a checked configuration.

    Raises:
        QffcError: names the field, what was found and what it takes.
    """
    try:
        return TrainingConfig.model_validate(values)
    except ValidationError as problem:
        raise config_error(problem, TrainingConfig) from None


def settings_of(config: TrainingConfig | Mapping[str, object] | None) -> dict[str, object]:
    """Return the settings that were given, by name.

    Example:
        >>> settings_of({"epochs": 3})
        {'epochs': 3}
    """
    if isinstance(config, TrainingConfig):
        return config.model_dump()
    if config is None or isinstance(config, Mapping):
        return dict(config or {})
    raise not_a("a configuration", config, "a TrainingConfig, or a dictionary of settings", "give {'epochs': 100}")


def stored_config(metadata: Mapping[str, str]) -> TrainingConfig | None:
    """Return the settings that a model was trained with; None when it does not say.

    Args:
        metadata: of the model.

    Raises:
        QffcError: when they cannot be read.
    """
    if "config" not in metadata:
        return None
    try:
        saved = TrainingConfig.model_validate_json(metadata["config"])
    except ValidationError as problem:
        first = problem.errors()[0]
        raise error(
            "metadata of a model that cannot be read",
            found=f"{'.'.join(map(str, first['loc'])) or 'settings'}: {first['msg']}",
            expected="the settings that qffc wrote when the model was trained",
            help="the file was changed by hand: train again or use a copy",
            where="config",
        ) from None
    # What was no setting then was as its default.
    return saved.model_copy(update=added_settings(dict.fromkeys(saved.model_fields_set)))


def config_error(problem: ValidationError, model: type[BaseModel]) -> QffcError:
    """Return the first complaint of pydantic as a diagnostic."""
    first = problem.errors()[0]
    clash = first.get("ctx", {}) if first["type"] == "clash" else {}
    name = clash.get("names") or ".".join(str(part) for part in first["loc"])
    unknown = first["type"] == "extra_forbidden"
    fields = ", ".join(f"'{key}'" for key in model.model_fields)
    return error(
        "unknown setting" if unknown else f"setting '{name}'",
        found=f"'{name}'" if unknown else repr(clash.get("found", first["input"])),
        expected=f"one of {fields}" if unknown else first["msg"].lower(),
        help="correct the name"
        if unknown
        else f"{model.model_fields[name].description or 'correct it'}"
        if name in model.model_fields
        else "correct it",
    )
