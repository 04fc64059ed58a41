"""Clifford gates that prepare a singlet from |00>, found exactly: X and Z strings of the pair both get the sign -1.

The state that Clifford gates make of |00> is the one that the images of Z on either qubit keep. It is the singlet, up
to a phase, when these images are two of -XX, -YY and -ZZ: they generate its stabilizer.
"""

from __future__ import annotations

from collections.abc import Sequence

from qffc.ir.ops import Singlet
from qffc.ir.pauli import PauliString
from qffc.passes.raise_pytket.steps import Signed, Step


def with_singlets(steps: Sequence[Step], qubits: int) -> list[Step]:
    """Return gates that do the same to the state |0...0>, up to a phase, singlets prepared as such.

    Args:
        steps: the gates.
        qubits: how many there are.

    Example:
        >>> from pytket.circuit import OpType
        >>> from qffc.passes.raise_pytket.gates import steps_of
        >>> gates = ((OpType.X, [0]), (OpType.H, [0]), (OpType.X, [1]), (OpType.CX, [0, 1]))
        >>> steps = [step for kind, on in gates for step in steps_of(kind, [], on)]
        >>> [step.op for step in with_singlets(steps, 2)]
        [Singlet(a=0, b=1)]
    """
    done: list[Step | None] = []
    begun: dict[int, list[int]] = {qubit: [] for qubit in range(qubits)}  # places of the gates on a fresh qubit so far
    for place, step in enumerate(steps):
        if not begun:
            done += steps[place:]
            break
        done.append(step)
        if begun.keys().isdisjoint(step.qubits):
            continue
        pair = _joined(step, begun, done)
        if len(pair) > 2 or not step.is_clifford or not all(qubit in begun for qubit in pair):
            for qubit in pair:
                begun.pop(qubit, None)
            continue
        places = sorted({*(place for qubit in pair for place in begun[qubit]), len(done) - 1})
        for qubit in pair:
            begun[qubit] = places
        if len(pair) == 2 and _is_singlet([done[place] for place in places], pair):
            for gone in places:
                done[gone] = None
            a, b = pair
            done[-1] = Step((), Singlet(a, b), passable=False)
            for qubit in pair:
                del begun[qubit]
    return [step for step in done if step is not None]


def _joined(step: Step, begun: dict[int, list[int]], done: Sequence[Step | None]) -> tuple[int, ...]:
    """The qubits of a gate, and of the gates before it as long as these are fresh."""
    earlier = [done[place] for qubit in step.qubits for place in begun.get(qubit, ())]
    joined = step.qubits.union(*(other.qubits for other in earlier if other is not None))
    return tuple(sorted(joined))


def _is_singlet(steps: Sequence[Step | None], pair: tuple[int, ...]) -> bool:
    a, b = pair
    kept = {Signed(((a, letter), (b, letter)), True) for letter in "XYZ"}  # type: ignore[arg-type]
    images = set()
    for qubit in pair:
        string: PauliString = ((qubit, "Z"),)
        image = Signed(string, False)
        for step in steps:
            if step is not None:
                image = step.image(image)
        images.add(image)
    return images <= kept
