"""Rotation: every gate turns with the molecule, exactly.

**Lemma (commutators).** Let the coefficients of the generator G(x) of a gate exp(-i G(x)) be functions that follow a
law: numbers that stay the same as the molecule turns, or the components of a vector that turns along. Then
U(R x) = U_R U(x) U_R^dagger for all rotations R, with U_R = exp(-i angle J_a) about axis a, exactly when

    [J_a, G] = i d_a G        for a = x, y, z

where J is the spin of the gate's qubits, and d_a G is G with 0 in place of a number and e_a x v in place of a vector.
If this holds of every gate, if singlets are all that is prepared, if the observables that the readout uses commute with
J, and if the readout is an invariant function of its moments, then the response is the same at x and at R x.

*Proof.* Under the law G(R x) is linear in the vector, so both sides of U(R x) = U_R U(x) U_R^dagger move along the
rotations about a with the same generator; rotations about three axes generate the connected group.

Hypotheses, and where they are checked: laws of values by their type (``laws.py``), which every operation of the
evaluator keeps at every geometry; other values as polynomials in atoms (``motions.py``), never by a derivative of a
function that may jump. Commutators are computed with rational coefficients and a symbol for the value. Preparations:
:func:`step_residual`. Observables: :func:`is_invariant`. Readout: :func:`readout_residual`.

By Schur-Weyl duality the gates that commute with J at every geometry are those made of permutations of their qubits:
exchanges, collective ones among them, and chiralities. Circuits of these and singlets are known as SU(2)-equivariant,
as spin networks, and as permutational quantum computing; rotations by vectors bring in the molecule.

The same for one axis alone proves rotations about that axis of the laboratory; |0>, turned into itself up to a phase by
rotations about z, is then as good as a singlet.

**Lemma (invariant values).** A circuit whose values are all numbers that stay the same is given nothing that turns, so
its response is invariant whatever its gates, preparations and observables are.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache, partial

from qffc.ir.declarations import readout_value
from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import Observable
from qffc.ir.operation import Gate
from qffc.ir.ops import Rotate, make_op, operation
from qffc.ir.pauli import LETTERS, Letter, PauliSum, spin_component
from qffc.ir.printer import print_readout
from qffc.ir.program import Program
from qffc.ir.values import Component, ParameterEntry, Position, Value, as_value
from qffc.passes.circuit.seen_operators import seen_observables
from qffc.passes.circuit.wires import Step, flatten
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.polynomials.motions import residual
from qffc.passes.equivariance.transforms import TURN
from qffc.passes.equivariance.verdict import Failure, observable_line, op_reference

COMMUTATORS = Rule(
    "pauli-commutators",
    "state, gates, observables and readout turn with the molecule: [J_a, G] = i d_a G exactly",
)
INVARIANT_VALUES = Rule(
    "invariant values",
    "every value of the program is a number that stays the same as the molecule turns; of the circuit under turns of "
    "its spins this says nothing, which 'conserved spin' declares",
)

Axes = tuple[int, ...]
"""Axes of the laboratory: 0, 1 and 2 for x, y and z."""
ALL_AXES: Axes = (0, 1, 2)


def check_rotation(program: Program) -> tuple[Finding]:
    """Prove by exact commutators or invariant values; where both fail, rotations about one axis may survive."""
    failure = rotation_failure(program)
    if failure is not None and _values_are_invariant(program):
        return (Finding("rotation", INVARIANT_VALUES, TURN),)
    return (Finding("rotation", COMMUTATORS, TURN, failure, survives=partial(_survives, program)),)


def _survives(program: Program) -> tuple[str, ...]:
    return tuple(f"rotation about {axis}" for axis in surviving_axes(program))


def surviving_axes(program: Program) -> tuple[str, ...]:
    """Return the axes of the laboratory, of x, y and z, about which rotations are proven; all when rotation is."""
    return tuple(letter for axis, letter in enumerate("xyz") if rotation_failure(program, (axis,)) is None)


def rotation_failure(program: Program, axes: Axes = ALL_AXES) -> Failure | None:
    """Return the first place where the proof stops, or None when rotation about the axes is proven."""
    for step in flatten(program).steps:
        text = step_residual(step, axes)
        if text is not None:
            return Failure(text, op_reference(program, step.place))
    for name, observable in seen_observables(program):
        if not _stays(observable, axes):
            left = _observable_residual(observable.paulis, axes)
            line = observable_line(program, name)
            return Failure(f"the observable {name} does not commute with the spin: {left}", line=line)
    text = readout_residual(program, axes)
    return None if text is None else Failure(f"the readout: {text}", line=print_readout(program.readout))


def _values_are_invariant(program: Program) -> bool:
    """Whether nothing that the circuit is given changes as the molecule turns."""
    angles = [op.value for op in program.ops if op.value is not None]
    if any(angle.law.rank for angle in angles) or readout_residual(program) is not None:
        return False
    return all(angle.law.covariant or residual(angle, "rotation") is None for angle in angles)


def readout_residual(program: Program, axes: Axes = ALL_AXES) -> str | None:
    """Return how the readout, moments aside, changes as the molecule turns; None when it does not."""
    value = readout_value(program.readout)
    return None if value.law.covariant else residual(value, "rotation", axes)


def is_invariant(paulis: PauliSum, axes: Axes = ALL_AXES) -> bool:
    """Whether a sum of Pauli strings commutes with the spin."""
    return _commutes(paulis.relabelled({qubit: k for k, qubit in enumerate(paulis.qubits)}), axes)


def _stays(observable: Observable, axes: Axes) -> bool:
    """Whether an observable commutes with the spin: when all its parts do, or as a whole."""
    if observable.parts and all(_stays(part, axes) for part in observable.parts):
        return True
    return is_invariant(observable.paulis, axes)


def step_residual(step: Step, axes: Axes = ALL_AXES) -> str | None:
    """Return how an operation fails to turn with the molecule; None when it does exactly."""
    op = step.op
    if op.prepares:
        kept = set(axes) <= set(op.declaration.invariant_about)
        return None if kept else "the state |0> is turned by rotations; only singlets are invariant"
    if not isinstance(op, Gate):
        raise InternalError(f"the rotation check does not know {type(op).__name__}")
    text = None if op.value.law.covariant else residual(op.value, "rotation", axes)
    if text is not None or _turns_along(op.word, len(op.qubits), tuple(letter for _, letter in op.letters), axes):
        return text
    return _first_commutator(op, axes)


@lru_cache(maxsize=1024)
def _turns_along(word: str, count: int, letters: tuple[Letter, ...], axes: Axes) -> bool:
    """Whether [J_a, G] = i d_a G for the axes, the value of the gate taken to follow its law.

    The proof depends on the kind of the gate and on how many qubits it has, and on the letters of its Pauli string if
    it has one.
    """
    said = operation(word).declaration
    symbol: Value = ParameterEntry("t") if said.vector is None else Position("v")
    op = make_op(word, () if letters else range(count), symbol, string=tuple(enumerate(letters)))
    assert isinstance(op, Gate)
    return all(_commutator_residual(op, axis).is_zero for axis in axes)


def _commutator_residual(op: Gate, axis: int) -> PauliSum:
    spin = spin_component(op.qubits, LETTERS[axis])
    return spin.commutator(op.generator) - _derivative(op, axis).scaled(1, imaginary=True)


def _derivative(op: Gate, axis: int) -> PauliSum:
    """d_a G: e_a x v in place of the vector of a rotation, nothing for an invariant angle."""
    if not isinstance(op, Rotate):
        return PauliSum(())
    x, y, z = (as_value(Fraction(1, 2)) * Component(op.vector, letter) for letter in ("x", "y", "z"))
    zero: Value = as_value(0)
    turned = ((zero, -z, y), (z, zero, -x), (-y, x, zero))[axis]
    return PauliSum.of({((op.qubit, letter),): part for letter, part in zip(LETTERS, turned, strict=True)})


@lru_cache(maxsize=1024)
def _commutes(paulis: PauliSum, axes: Axes) -> bool:
    return all(spin_component(paulis.qubits, LETTERS[axis]).commutator(paulis).is_zero for axis in axes)


def _observable_residual(paulis: PauliSum, axes: Axes) -> str:
    commutators = ((axis, spin_component(paulis.qubits, LETTERS[axis]).commutator(paulis)) for axis in axes)
    return next(f"[J_{'xyz'[axis]}, O] = {left}" for axis, left in commutators if not left.is_zero)


def _first_commutator(op: Gate, axes: Axes) -> str | None:
    """The commutator that is not zero; None when the angle is zero after all."""
    for axis in axes:
        left = _commutator_residual(op, axis)
        if not left.is_zero:
            letter = "xyz"[axis]
            return f"[J_{letter}, G] - i d_{letter} G = {left}"
    return None
