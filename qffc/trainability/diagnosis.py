"""Everything that is diagnosed of a family of programs, or of one program or model on data, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from qffc.data import Dataset
from qffc.ir.program import Program
from qffc.ir.telling import told
from qffc.models.force_field import ForceField
from qffc.progress_line import shown_as
from qffc.trainability.effective_dimension import effective_dimension
from qffc.trainability.fisher import Fisher, fisher_spectrum, scales_of, starting_model
from qffc.trainability.gradient_variance import GradientVariance, Start, gradient_variance
from qffc.trainability.scaling import Options, Scaling, scalings

_FAINT = 1e-3
"""A table is called nearly still when its gradient is below this part of the largest."""


@dataclass(frozen=True)
class FamilyDiagnosis:
    """Variances of gradients over a family of programs.

    Args:
        members: by the options that vary; no option for a single program.
        scalings: how the variance falls; empty for a single program.
    """

    members: Mapping[Options, GradientVariance]
    scalings: tuple[Scaling, ...]

    def words(self) -> list[str]:
        """Return what follows, in sentences."""
        if self.scalings:
            return [each.render() for each in self.scalings]
        return ["one program: name several, such as lib:ring:qubits=4..10..2, to see how the variance falls"]

    def to_json(self) -> dict[str, object]:
        """Return everything as plain data."""
        members = [{"options": dict(options), **asdict(each)} for options, each in self.members.items()]
        return {"members": members, "scalings": [asdict(each) | {"fixed": dict(each.fixed)} for each in self.scalings]}


@dataclass(frozen=True)
class DataDiagnosis:
    """Gradients and Fisher information of a program on data.

    Args:
        trained: whether the parameters are those of a model; otherwise those that trainings start with.
        frames: that were looked at.
        learned_from: number of frames in the effective dimension.
        spectra: one for the model, or one for each start.
        dimension: effective dimension; None for fewer frames than it is defined for.
    """

    trained: bool
    frames: int
    learned_from: int
    spectra: tuple[Fisher, ...]
    dimension: float | None

    @property
    def norms(self) -> dict[tuple[str, int | None], tuple[float, float]]:
        """Norms of d energy and d forces for each table and row, root mean square over the starts."""
        places = self.spectra[0].norms
        return {
            place: (
                float(np.sqrt(np.mean([each.norms[place][0] ** 2 for each in self.spectra]))),
                float(np.sqrt(np.mean([each.norms[place][1] ** 2 for each in self.spectra]))),
            )
            for place in places
        }

    def words(self) -> list[str]:
        """Return what follows, in sentences."""
        first = self.spectra[0]
        rank = float(np.mean([each.rank for each in self.spectra]))
        wide = float(np.mean([each.participation for each in self.spectra]))
        where = "at the trained parameters" if self.trained else f"over {len(self.spectra)} starts"
        lines = [
            f"outputs change in {rank:.0f} of {first.parameters} directions ({len(first.eigenvalues)} could be seen in "
            f"{self.frames} frames); {wide:.1f} of them carry the information evenly",
        ]
        if self.dimension is not None:
            learned = f"{self.learned_from} frames, {where}"
            lines.append(f"effective dimension {self.dimension:.1f} of {first.parameters} for {learned}")
        sizes = {place: energy + force for place, (energy, force) in self.norms.items()}
        largest = max(sizes.values())
        faint = [_spell(place) for place, size in sizes.items() if size <= _FAINT * largest]
        return [*lines, f"nearly still: {', '.join(faint)}" if faint else "every table and layer has a gradient"]

    def to_json(self) -> dict[str, object]:
        """Return everything as plain data."""
        return {
            "trained": self.trained,
            "frames": self.frames,
            "learned_from": self.learned_from,
            "parameters": self.spectra[0].parameters,
            "effective_dimension": self.dimension,
            "norms": [
                {"table": table, "row": row, "energy": energy, "forces": force}
                for (table, row), (energy, force) in self.norms.items()
            ],
            "spectra": [each.eigenvalues.tolist() for each in self.spectra],
        }


@shown_as("diagnose")
def diagnose_family(
    members: Sequence[tuple[Options, Program]], *, draws: int, seed: int, start: Start = "uniform"
) -> FamilyDiagnosis:
    """Return the variances of the gradients of programs, and how they fall.

    Args:
        members: programs with the options that tell them apart.
        draws: of parameters and geometries, for each.
        seed: of the draws.
        start: see :func:`qffc.trainability.gradient_variance.gradient_variance`.
    """
    found = {
        options: gradient_variance(program, draws=draws, seed=seed, start=start)
        for options, program in told("circuits:", members)
    }
    varying = {options: each.mean for options, each in found.items() if options and each.mean > 0.0}
    return FamilyDiagnosis(found, scalings(varying) if len(varying) > 1 else ())


@shown_as("diagnose on data")
def diagnose_on_data(
    subject: ForceField | Program, data: Dataset, *, frames: int, learned_from: int, starts: int, seed: int
) -> DataDiagnosis:
    """Return norms of gradients and the Fisher information of a model, or of a program as trainings start with it.

    Args:
        subject: a model, or a program.
        data: frames, of which some are drawn; the scales of the outputs are those of all.
        frames: how many are drawn, at most those that there are.
        learned_from: number of frames in the effective dimension.
        starts: how many starting parameters; not for a model.
        seed: of frames and starts.
    """
    chosen = np.sort(np.random.default_rng([seed, 3]).permutation(len(data))[:frames])
    looked_at, scales = data.subset(chosen.tolist()), scales_of(data)
    if isinstance(subject, ForceField):
        trained, models = True, [subject]
    else:
        trained, models = False, [starting_model(subject, data, seed + number) for number in range(starts)]
    spectra = tuple(fisher_spectrum(model, looked_at, *scales) for model in told("starts:", models))
    kappa = learned_from / (2.0 * np.pi * np.log(learned_from)) if learned_from > 1 else 0.0
    dimension = None
    if kappa > 1.0 and any(each.eigenvalues[0] > 0 for each in spectra):
        eigenvalues = [each.eigenvalues for each in spectra]
        dimension = effective_dimension(eigenvalues, spectra[0].parameters, learned_from)
    return DataDiagnosis(trained, len(looked_at), learned_from, spectra, dimension)


def _spell(place: tuple[str, int | None]) -> str:
    table, row = place
    return table if row is None else f"{table}[{row}]"
