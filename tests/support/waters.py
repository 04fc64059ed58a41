"""Water on four qubits: a circuit with all symmetries, and the parts to break it with."""

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.observables import DotObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, Rotate, Singlet
from qffc.ir.program import Program
from qffc.ir.values import (
    Displacement,
    Moment,
    ParameterEntry,
    Value,
)

ALL = ("rotation", "inversion", "translation", "exchange")
WATER_SITES = (Site("O", "O", "centre"), Site("H1", "H", "neighbour"), Site("H2", "H", "neighbour"))
CARRIED = ("H1", "H2", "H1", "H2")


def alpha(index: int) -> Value:
    return ParameterEntry("alpha", (index,))


def coupling(index: int) -> Value:
    return ParameterEntry("w", (index,))


def encoding(ties: tuple[int, ...] = (0, 0, 1, 1)) -> tuple[Op, ...]:
    return tuple(Rotate(q, alpha(ties[q]) * Displacement("O", CARRIED[q])) for q in range(4))


COUPLINGS = (
    Exchange(0, 1, coupling(0)),
    Exchange(2, 3, coupling(1)),
    Exchange(1, 2, coupling(2)),
    Exchange(3, 0, coupling(2)),
)
SINGLETS = (Singlet(0, 1), Singlet(2, 3))
TRAIL = (Rotate(0, alpha(2) * Displacement("O", "H1")), Rotate(1, alpha(2) * Displacement("O", "H2")))
ENERGY = Moment("m") + 2 * Moment("n")


def water(
    ops: tuple[Op, ...] = (*SINGLETS, *encoding(), *COUPLINGS, *encoding(), *COUPLINGS, *encoding()),
    observables: tuple[tuple[str, object], ...] = (("m", DotObservable(0, 1)), ("n", DotObservable(2, 3))),
    energy: Value = ENERGY,
    **changes: object,
) -> Program:
    fields: dict[str, object] = {
        "name": "water",
        "symmetry": ALL,
        "scope": "molecule",
        "species": ("H", "O"),
        "sites": WATER_SITES,
        "parameters": (Parameter("alpha", (4,)), Parameter("w", (6,)), Parameter("J", ("species", "species"))),
        "qubits": tuple(Qubit(f"q{q}", CARRIED[q]) for q in range(4)),
        "ops": ops,
        "observables": observables,
        "readout": EnergyReadout(energy),
    }
    return Program(**(fields | changes))  # type: ignore[arg-type]  # a test says what it likes
