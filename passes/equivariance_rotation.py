"""Rotation: every gate turns with the molecule, exactly.

A gate exp(-i G(x)) satisfies U(R x) = U_R U(x) U_R^dagger for all rotations R, with U_R = exp(-i angle J_a) about
axis a, exactly when

    [J_a, G] = i d_a G        for a = x, y, z

where J is the spin of the gate's qubits and d_a the derivative of the coefficients as the molecule turns about axis a:
zero for an invariant, d_a v = e_a x v for a vector. With an invariant initial state, observables that commute with J
and an invariant readout, the response is invariant.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from qffc.ir.diagnostics import InternalError
from qffc.ir.observables import Observable
from qffc.ir.ops import Chirality, Exchange, Gate, Rotate, Singlet, Zero
from qffc.ir.pauli import LETTERS, PauliSum, spin_component
from qffc.ir.program import AtomicReadout, Program
from qffc.ir.values import Component, Moment, ParameterEntry, Position, Value, as_value, walk
from qffc.passes.coordinates import residual
from qffc.passes.counterexample import TURN, judge
from qffc.passes.verdict import Failure, Verdict, op_reference, proven
from qffc.passes.wires import Step, flatten

COMMUTATORS = "pauli-commutators"


def check_rotation(program: Program) -> Verdict:
    """Prove by exact commutators, else compare a molecule with itself, turned."""
    failure = rotation_failure(program)
    if failure is None:
        return proven("rotation", COMMUTATORS)
    return judge(program, "rotation", COMMUTATORS, failure, TURN)


def rotation_failure(program: Program) -> Failure | None:
    """Return the first place where the proof stops, or None when rotation is proven."""
    sites = tuple(site.name for site in program.sites)
    for step in flatten(program).steps:
        text = _step_residual(step, sites)
        if text is not None:
            return Failure(text, op_reference(program, step.index))
    for name, observable in seen_observables(program):
        paulis = observable.paulis
        if not _is_invariant(paulis.relabelled({qubit: k for k, qubit in enumerate(paulis.qubits)})):
            return Failure(f"the observable {name} does not commute with the spin: {_observable_residual(paulis)}")
    value = program.readout.weight if isinstance(program.readout, AtomicReadout) else program.readout.value
    text = None if value.law.covariant else residual(value, "rotation", sites)
    return None if text is None else Failure(f"the readout: {text}")


def seen_observables(program: Program) -> tuple[tuple[str, Observable], ...]:
    """Return the observables that the readout uses, in their order."""
    readout = program.readout
    if isinstance(readout, AtomicReadout):
        names = set(readout.features)
    else:
        names = {node.observable for node in walk(readout.value) if isinstance(node, Moment)}
    return tuple(item for item in program.observables if item[0] in names)


def _step_residual(step: Step, sites: tuple[str, ...]) -> str | None:
    op = step.op
    if isinstance(op, Singlet):
        return None
    if isinstance(op, Zero):
        return "the state |0> is turned by rotations; only singlets are invariant"
    if not isinstance(op, Gate):
        raise InternalError(f"the rotation check does not know {type(op).__name__}")
    text = None if op.value.law.covariant else residual(op.value, "rotation", sites)
    if text is not None or _turns_along(_canonical(op)):
        return text
    return _first_commutator(op)


def _canonical(op: Gate) -> Gate:
    """The same gate on qubits 0, 1, 2 with a plain symbol as its value: what the proof depends on."""
    if isinstance(op, Rotate):
        return Rotate(0, Position("v"))
    angle = ParameterEntry("t")
    if isinstance(op, Exchange):
        return Exchange(0, 1, angle)
    if isinstance(op, Chirality):
        return Chirality(0, 1, 2, angle)
    return replace(op, string=tuple((k, letter) for k, (_, letter) in enumerate(op.string)), angle=angle, span=None)


@lru_cache(maxsize=1024)
def _turns_along(op: Gate) -> bool:
    """Whether [J_a, G] = i d_a G for all axes, the value of the gate taken to follow its law."""
    return all(_commutator_residual(op, axis).is_zero for axis in range(3))


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
def _is_invariant(paulis: PauliSum) -> bool:
    return all(spin_component(paulis.qubits, axis).commutator(paulis).is_zero for axis in LETTERS)


def _observable_residual(paulis: PauliSum) -> str:
    commutators = {axis: spin_component(paulis.qubits, axis).commutator(paulis) for axis in LETTERS}
    return next(f"[J_{axis.lower()}, O] = {left}" for axis, left in commutators.items() if not left.is_zero)


def _first_commutator(op: Gate) -> str | None:
    """The commutator that is not zero; None when the angle is zero after all."""
    for axis, letter in enumerate("xyz"):
        left = _commutator_residual(op, axis)
        if not left.is_zero:
            return f"[J_{letter}, G] - i d_{letter} G = {left}"
    return None
