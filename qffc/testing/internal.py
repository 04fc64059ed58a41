"""Random circuits with declared symmetries of their own: a flip of all spins, a shift along a ring, a charge."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.generators import Conserved, DeclaredSymmetry, Generator, TableMoves
from qffc.ir.observables import DotObservable, PauliObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Exchange, PauliRotation, Zero
from qffc.ir.pauli import LETTERS, PauliString
from qffc.ir.program import Program
from qffc.ir.values import Moment, ParameterEntry, Pi, Value, as_value

_QUBITS = 4
_ENTRIES = 4


def internally_symmetric_program(random: Random) -> Program:
    """Return a circuit on four qubits that has the symmetry that it declares by hand.

    Args:
        random: the source of all choices; equal seeds give equal programs.

    Example:
        >>> internally_symmetric_program(Random(1)).declared
        ('generator parity',)
    """
    kind = random.choice(("parity", "shift", "charge"))
    declared, ops = {"parity": _parity, "shift": _shift, "charge": _charge}[kind](random)
    pairs = [(k, (k + 1) % _QUBITS) for k in range(_QUBITS)]
    inner = SumObservable(tuple((Fraction(1), DotObservable(*pair)) for pair in pairs))
    flips = SumObservable(tuple((Fraction(1), PauliObservable(((a, "Z"), (b, "Z")))) for a, b in pairs))
    return Program(
        name=f"symmetric-{kind}",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=(Site("any", "H", "free"),),
        parameters=(Parameter("t", (_ENTRIES,)),),
        qubits=tuple(Qubit(f"q{k}", None) for k in range(_QUBITS)),
        generators=(declared,),
        ops=tuple(ops),
        observables=(("m", inner), ("n", flips)),
        readout=EnergyReadout(Moment("m") + 2 * Moment("n")),
    )


def _number(random: Random) -> Value:
    return as_value(random.choice((1, 2, -1))) * ParameterEntry("t", (random.randrange(_ENTRIES),))


def _parity(random: Random) -> tuple[DeclaredSymmetry, list[Op]]:
    """Strings that commute with X on all qubits, from a state along x."""
    ops: list[Op] = [Zero(k) for k in range(_QUBITS)]
    ops += [PauliRotation(((k, "Y"),), Pi() * Fraction(1, 2)) for k in range(_QUBITS)]
    for _ in range(random.randint(4, 9)):
        a, b = random.sample(range(_QUBITS), 2)
        pairs: list[PauliString] = [((a, "Z"), (b, "Z")), ((a, "Y"), (b, "Z")), ((a, "Y"), (b, "Y"))]
        strings: list[PauliString] = [((a, "X"),), *pairs]
        angle = _number(random)
        ops.append(random.choice([Exchange(a, b, angle), *(PauliRotation(string, angle) for string in strings)]))
    return Generator("parity", paulis=tuple((k, "X") for k in range(_QUBITS))), ops


def _shift(random: Random) -> tuple[DeclaredSymmetry, list[Op]]:
    """Layers that a shift along the ring carries into themselves, the numbers of a table with it."""
    ops: list[Op] = [Zero(k) for k in range(_QUBITS)]
    for _ in range(random.randint(2, 4)):
        letter, apart, first = random.choice(LETTERS), random.choice((1, 2)), random.randrange(_ENTRIES)
        numbers = [ParameterEntry("t", ((first + k) % _ENTRIES,)) for k in range(_QUBITS)]
        alone = random.choice(LETTERS)
        ops += [PauliRotation(((k, letter), ((k + apart) % _QUBITS, letter)), numbers[k]) for k in range(_QUBITS)]
        ops += [PauliRotation(((k, alone),), numbers[k]) for k in range(_QUBITS)]
    moves = tuple((k, (k + 1) % _QUBITS) for k in range(_QUBITS))
    return Generator("shift", qubits=moves, entries=(TableMoves("t", moves),)), ops


def _charge(random: Random) -> tuple[DeclaredSymmetry, list[Op]]:
    """Hops, exchanges and phases: all commute with the sum of Z."""
    ops: list[Op] = [Zero(k) for k in range(_QUBITS)]
    ops += [PauliRotation(((k, "X"),), Pi()) for k in range(_QUBITS) if random.random() < 0.5]
    for _ in range(random.randint(3, 7)):
        a, b = random.sample(range(_QUBITS), 2)
        angle = _number(random)
        hop = [PauliRotation(((a, "X"), (b, "X")), angle), PauliRotation(((a, "Y"), (b, "Y")), angle)]
        ops += random.choice([[Exchange(a, b, angle)], [PauliRotation(((a, "Z"),), angle)], hop])
    charge = SumObservable(tuple((Fraction(1), PauliObservable(((k, "Z"),))) for k in range(_QUBITS)))
    return Conserved("charge", charge), ops
