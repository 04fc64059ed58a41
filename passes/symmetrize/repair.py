"""The pass ``symmetrize``: makes the declared symmetries hold that the equivariance check does not prove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from qffc.ir.declarations import SYMMETRIES, Scope, Symmetry
from qffc.ir.diagnostics import InternalError, QffcError, error
from qffc.ir.observables import Observable
from qffc.ir.operation import Gate, Op
from qffc.ir.ops import PauliRotation, Zero
from qffc.ir.program import Program
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.circuit.free_order import divided
from qffc.passes.circuit.seen_operators import seen_observables
from qffc.passes.circuit.wires import flatten
from qffc.passes.equivariance.judging import judge
from qffc.passes.equivariance.rules.carried import carried_failure
from qffc.passes.equivariance.rules.generators import check_generators
from qffc.passes.equivariance.rules.listed import CHECKS
from qffc.passes.equivariance.rules.rotation import readout_residual, rotation_failure, step_residual
from qffc.passes.equivariance.rules.translation import translation_failure
from qffc.passes.equivariance.verdict import OpReference, op_reference
from qffc.passes.symmetrize.report import Change, Symmetrization, make_report
from qffc.passes.symmetrize.twirl import AVERAGE, MOST_LETTERS, longest_broken_string, twirl_gate, twirl_observable
from qffc.passes.target import Target

_MOST_GATE_LETTERS = 3
_COPIES: dict[Symmetry, str] = {
    "inversion": "a copy at the mirror image, and the mean of both",
    "exchange": "a copy for each assignment of like atoms to sites, and the mean of them",
}


@dataclass(frozen=True)
class Symmetrize(Pass[Symmetrization]):
    r"""Makes the declared symmetries hold that the check does not prove.

    Rotation: every gate that does not turn with the molecule gets the average of its generator over global rotations,
    which is exact and needs no further circuit: ``pauli_rotation`` XX, YY or ZZ by t becomes an exchange by t/6, a
    permutation of XYZ a chirality by t/12 and its sign, a coordinate on one axis a third of its vector, all else
    nothing. Gates are treated one by one, and generators are averaged, not unitaries: the result is another circuit
    that turns with the molecule, neither the old one nor the average of its energies. Observables that the readout uses
    are averaged in the same way, up to four letters.

    A coupling free in order that becomes a rotation divides its group: those behind it are a group of their own.

    Inversion and exchange, each only where it is declared and not proven after that: the response is averaged over
    copies of the circuit, ``average inversion`` and ``average exchange``, in scope ``molecule``.

    Refused: ``zero`` preparations, Pauli rotations with more than three letters, observables that average to nothing,
    readouts that depend on the frame, absolute positions, copies in scope ``pair``, vectors that atoms carry between
    rounds and that are not polar, and symmetries declared by hand that are not proven in the end.

    Preserves neither the unitary nor the moments; a program whose declared symmetry is proven is returned as it is.
    Parameters stay declared. Cost: that of one check, and in circuits what the report says.

    Args:
        twirl: repair rotation.
        average: repair inversion and exchange.

    Example:
        >>> from qffc.ir.text.parser import parse_program
        >>> from qffc.targets.catalogue import target
        >>> program = parse_program('''qffc 1
        ... program broken
        ... symmetry rotation
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... parameter J: 2
        ... qubit a: A
        ... qubit b: B
        ... singlet a, b
        ... rotate a, r(A, B)
        ... pauli_rotation X(a) X(b), J[0]
        ... pauli_rotation Z(a), J[1]
        ... observable m = 3*Z(a) Z(b)
        ... energy moment(m)
        ... ''')
        >>> print("\n".join(Symmetrize().run(program, target("ideal")).program.text.split("\n")[-7:-1]))
        singlet a, b
        rotate a, r(A, B)
        exchange a, b, 1/6*J[0]
        <BLANKLINE>
        observable m = dot(a, b)
        energy moment(m)
    """

    twirl: bool = True
    average: bool = True
    name: ClassVar[str] = "symmetrize"
    preserves: ClassVar[Preserves] = "nothing"

    def run(self, program: Program, target: Target) -> PassResult[Symmetrization]:
        """Return the repaired program and what was done to it; the target plays no part."""
        if "translation" in program.symmetry:
            _need_translation(program)
        repaired = program
        changes: tuple[Change, ...] = ()
        left: list[Symmetry] = []
        if "rotation" in program.symmetry and rotation_failure(program) is not None:
            if self.twirl:
                repaired, changes = _turning(program)
            else:
                left.append("rotation")
        for symmetry in _COPIES:
            if symmetry not in program.symmetry or _is_proven(repaired, symmetry):
                continue
            if not self.average:
                left.append(symmetry)
                continue
            if program.scope == "pair" or (program.scope == "atom" and symmetry == "exchange"):
                raise _no_copies(program.scope, symmetry)
            if symmetry == "inversion" and (carried := carried_failure(repaired)) is not None:
                raise error(
                    "vectors that atoms carry, which no average mirrors",
                    found=carried.residual,
                    expected="rotations by polar vectors alone, where later rounds read vectors",
                    help="turn the qubits by polar vectors, or leave vectors(...) out",
                )
            average = tuple(name for name in SYMMETRIES if name in (*repaired.average, symmetry))
            repaired = replace(repaired, average=average)
            changes = (*changes, Change("added", "", f"average {symmetry}", _COPIES[symmetry]))
        _need_generators(repaired)
        changed = repaired != program
        return PassResult(
            repaired if changed else program, make_report(program, repaired, changes, tuple(left)), changed
        )


def _is_proven(program: Program, symmetry: Symmetry) -> bool:
    return all(found.failure is None for found in CHECKS[symmetry](program))


def _need_generators(program: Program) -> None:
    for item, found in zip(program.generators, check_generators(program), strict=True):
        if found.failure is not None:
            status = judge(program, found).status
            raise error(
                "declared generator that no average repairs",
                found=f"'{found.generator}' is {status}: {found.failure.residual}",
                expected="generators and charges that hold; only rotation, inversion and exchange are averaged",
                help="correct the circuit, or leave the line out",
                span=item.span,
            )


def _turning(program: Program) -> tuple[Program, tuple[Change, ...]]:
    """Return the program with everything averaged over rotations that does not turn with the molecule."""
    text = readout_residual(program)
    if text is not None:
        raise error(
            "readout that depends on the frame",
            found=text,
            expected="an invariant number beside the moments",
            help="use norm(...) or dot(...) in the readout, or leave rotation out of the declared symmetry",
            where="the readout",
        )
    failing = [step for step in flatten(program).steps if step_residual(step) is not None]
    broken = {index for step in failing for index in (step.place, *step.parts)}
    changes: list[Change] = []
    ops: list[Op] = []
    for index, op in enumerate(program.ops):
        if index not in broken:
            ops.append(op)
            continue
        kept, change = _averaged(program, op_reference(program, index), op)
        changes.append(change)
        ops += [] if kept is None else [kept]
    observables, more = _mean_observables(program)
    # What was a coupling may be a rotation now, which is in no group.
    repaired = replace(program, ops=divided(ops), observables=observables)
    failure = rotation_failure(repaired)
    if failure is not None:
        raise InternalError(f"the average over rotations does not turn with the molecule: {failure.residual}")
    return repaired, (*changes, *more)


def _averaged(program: Program, reference: OpReference, op: Op) -> tuple[Op | None, Change]:
    if isinstance(op, Zero):
        raise error(
            "preparation that no average repairs",
            found=f"'{reference.text}': the state |0> is turned by rotations",
            expected="singlets, the only preparation that is invariant",
            help="prepare the qubit with a partner, 'singlet a, b', or leave rotation out of the declared symmetry",
            span=op.span,
        )
    if isinstance(op, PauliRotation) and len(op.string) > _MOST_GATE_LETTERS:
        raise error(
            "Pauli rotation with too many letters to average",
            found=f"{len(op.string)} letters in '{reference.text}'",
            expected=f"at most {_MOST_GATE_LETTERS}: the average of a longer string is no exchange and no chirality",
            help="write it with exchanges and chiralities, or leave rotation out of the declared symmetry",
            span=op.span,
        )
    if not isinstance(op, Gate):
        raise InternalError(f"symmetrize does not know {type(op).__name__}")
    twirled = twirl_gate(op)
    place = f"operation {reference.index}{f' at {reference.where}' if reference.where else ''}: {reference.text}"
    if twirled.op is None:
        return None, Change("dropped", place, "", twirled.why)
    after = twirled.op.text(tuple(qubit.name for qubit in program.qubits))
    return twirled.op, Change("replaced", place, after, twirled.why)


def _mean_observables(program: Program) -> tuple[tuple[tuple[str, Observable], ...], list[Change]]:
    """Return the observables, those averaged that the readout uses, and the changes."""
    seen = {name for name, _ in seen_observables(program)}
    names = tuple(qubit.name for qubit in program.qubits)
    observables: list[tuple[str, Observable]] = []
    changes: list[Change] = []
    for name, observable in program.observables:
        mean = _mean_observable(name, observable) if name in seen else observable
        if mean != observable:
            before, after = (f"observable {name} = {o.text(names)}" for o in (observable, mean))
            changes.append(Change("replaced", before, after, AVERAGE))
        observables.append((name, mean))
    return tuple(observables), changes


def _mean_observable(name: str, observable: Observable) -> Observable:
    longest = longest_broken_string(observable)
    if len(longest) > MOST_LETTERS:
        raise error(
            "observable with too many letters to average",
            found=f"a Pauli string of {len(longest)} letters in '{name}'",
            expected=f"at most {MOST_LETTERS}, or products of dot(a, b)",
            help="measure dot(a, b), or products of them",
            where=f"observable '{name}'",
        )
    mean = twirl_observable(observable)
    if mean is None:
        raise error(
            "observable that averages to nothing",
            found=f"'{name}', {observable.paulis}: its average over rotations is zero",
            expected="an observable with an invariant part",
            help="measure dot(a, b); or drop the observable from the readout",
            where=f"observable '{name}'",
        )
    return mean


def _need_translation(program: Program) -> None:
    failure = translation_failure(program)
    if failure is None:
        return
    raise error(
        "translation that cannot be repaired",
        found=failure.residual,
        expected="differences of positions only: there is no average over all translations",
        help="write r(a, b) for x(b), or leave translation out of the declared symmetry",
        where=None if failure.op is None else failure.op.text,
    )


def _no_copies(scope: Scope, symmetry: str) -> QffcError:
    pair = scope == "pair"
    return error(
        f"copies of {'a pair' if pair else 'an atom'} circuit",
        found=f"{symmetry} is declared and not proven, in scope {scope}",
        expected="a circuit that is symmetric as it is: its sum over "
        f"{'pairs is not averaged over copies' if pair else 'atoms is not averaged over orders of the slots'}",
        help="prepare one singlet for each neighbour and treat both alike, as lib:pair does; 'qffc check' says where "
        "they differ"
        if pair
        else f"leave {symmetry} out of the declared symmetry, or treat all slots alike; 'qffc check' says how",
        where=symmetry,
    )
