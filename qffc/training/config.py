"""How to train: every choice in one checked object, the same from the command line, a file or Python."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qffc.ir.diagnostics import QffcError, error

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]


class TrainingConfig(BaseModel):
    """Choices of a training run; unknown names are refused.

    Example:
        >>> TrainingConfig(epochs=10).batch_size
        10
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    train: Count | None = Field(None, description="training frames; half of all, at most 500, when left out")
    validation: int = Field(50, ge=0, description="frames watched during training, not trained on")
    test: int | None = Field(None, ge=0, description="held-out frames; all others when left out")
    split_seed: int = Field(0, ge=0, description="seed of the split")
    published_split: Count | None = Field(
        None, description="number of a split that comes with the data, from 1, instead of one that is drawn"
    )
    seed: int = Field(0, ge=0, description="seed of the starting parameters and of the order of the frames")
    epochs: Count = Field(100, description="passes over the training frames")
    batch_size: Count = Field(5, description="frames in a step")
    learning_rate: Positive = Field(0.005, description="Adam's, before the cosine decay")
    final_rate: Annotated[float, Field(ge=0, le=1)] = Field(0.001, description="last learning rate over the first")
    energy_weight: Weight = Field(10.0, description="weight of (energy error / atoms)^2, eV^-2")
    force_weight: Weight = Field(1.0, description="weight of the mean squared force error, (eV/Angstrom)^-2")
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = Field(0.99, description="decay of the averaged parameters, a step")
    weight_decay: Weight = Field(0.0, description="AdamW's pull of every parameter to 0")
    clip: Positive = Field(10.0, description="largest norm of a gradient")
    precision: Literal[32, 64] = Field(64, description="bits of the numbers in a step; models hold 64 either way")
    evaluate_every: Count = Field(5, description="epochs between two evaluations, log rows and checkpoints")

    @model_validator(mode="after")
    def _learns_something(self) -> Self:
        if self.energy_weight == 0 and self.force_weight == 0:
            raise ValueError("energy_weight and force_weight are both 0: nothing to learn")
        return self


def training_config(values: dict[str, object]) -> TrainingConfig:
    """Return a checked configuration.

    Raises:
        QffcError: names the field, what was found and what it takes.
    """
    try:
        return TrainingConfig.model_validate(values)
    except ValidationError as problem:
        raise config_error(problem, TrainingConfig) from None


def config_error(problem: ValidationError, model: type[BaseModel]) -> QffcError:
    """Return the first complaint of pydantic as a diagnostic."""
    first = problem.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "energy_weight, force_weight"
    unknown = first["type"] == "extra_forbidden"
    fields = ", ".join(f"'{key}'" for key in model.model_fields)
    return error(
        "unknown setting" if unknown else f"setting '{name}'",
        found=f"'{name}'" if unknown else repr(first["input"]),
        expected=f"one of {fields}" if unknown else first["msg"].lower(),
        help="correct the name"
        if unknown
        else f"{model.model_fields[name].description or 'correct it'}"
        if name in model.model_fields
        else "correct it",
    )
