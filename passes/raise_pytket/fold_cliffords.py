"""Clifford gates around rotations fold into the strings of these: ``cx; rx; cx`` is a rotation by XX.

Packages write couplings that their target language lacks as a rotation between Clifford gates. By Clifford conjugation,
as a peephole, a Clifford gate is moved towards the start, past rotations, which it turns into others, and past gates
that it commutes with. Where it meets one with which it is a Pauli string, mostly the identity, both go. That is done
when rotations take no more two-qubit gates afterwards than all did before, so circuits whose Clifford gates belong
there keep them.
"""

from __future__ import annotations

from collections.abc import Sequence

from qffc.ir.values import Pi
from qffc.passes.raise_pytket.steps import Step, Turn, pauli_product, steps_commute

_FARTHEST = 32
"""Rotations that a gate turns at most on its way; packages have one or two between gates that belong together."""


def folded(steps: Sequence[Step]) -> list[Step]:
    """Return gates that do the same, up to a phase, with Clifford gates folded away.

    Example:
        >>> from qffc.ir.values import ParameterEntry
        >>> from qffc.passes.raise_pytket.steps import rotation
        >>> h, theta = Step((Turn(((0, "Y"),), Pi() / 2), Turn(((0, "X"),), Pi()))), ParameterEntry("theta")
        >>> folded([h, rotation({0: "Z"}, theta), h])[0].turns
        (Turn(string=((0, 'X'),), angle=<ParameterEntry theta>),)
    """
    done: list[Step] = []
    for step in steps:
        _append(done, step)
    return done


def _append(done: list[Step], step: Step) -> None:
    """Append a gate, or fold it with an earlier one."""
    if not step.is_clifford:
        done.append(step)
        return
    before = _last_on(done, step)
    if before is not None and len(step.qubits) == 1 and _is_local(done[before]):
        # Gates in a row on one qubit are one gate: what undoes it may be written in another number of gates.
        step = Step(done.pop(before).turns + step.turns)
        pauli = pauli_product(step, Step())
        if pauli is not None:
            _append_paulis(done, pauli)
            return
    _fold(done, step)


def _fold(done: list[Step], step: Step) -> None:
    turned: list[int] = []  # places of the rotations that it turns on its way
    mask = step.mask
    for place in range(len(done) - 1, -1, -1):
        other = done[place]
        if not other.mask & mask:
            continue
        if not other.passable or len(turned) > _FARTHEST:
            break
        if not other.is_clifford:
            if not steps_commute(other, step):
                turned.append(place)
            continue
        pauli = pauli_product(other, step)
        if pauli is None and steps_commute(other, step):
            continue
        changed = {} if pauli is None else {index: done[index].after(step) for index in turned}
        if pauli is None or not _pays(done, changed, other, step):
            break
        rest = [changed.get(index, done[index]) for index in range(place + 1, len(done))]
        del done[place:]
        _append_paulis(done, pauli)
        for later in rest:
            _append(done, later)
        return
    done.append(step)


def _pays(done: list[Step], changed: dict[int, Step], one: Step, other: Step) -> bool:
    """Whether rotations take no more two-qubit gates without two gates than they and these take now."""
    gained = sum(len(step.qubits) > 1 for step in (one, other))
    return sum(step.cost - done[place].cost for place, step in changed.items()) <= gained


def _append_paulis(done: list[Step], string: tuple[tuple[int, str], ...]) -> None:
    for qubit, letter in string:
        _append(done, Step((Turn(((qubit, letter),), Pi()),)))  # type: ignore[arg-type]


def _last_on(done: list[Step], step: Step) -> int | None:
    """The last gate on the qubits of another one."""
    mask = step.mask
    for place in range(len(done) - 1, -1, -1):
        if done[place].mask & mask:
            return place
    return None


def _is_local(step: Step) -> bool:
    return step.is_clifford and len(step.qubits) == 1
