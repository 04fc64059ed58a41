"""Pairs of qubits that have met nobody else when an operation of more qubits acts on them.

What couples such a pair is absorbed by its preparation, so that the first exchange of the operation goes there.
"""

from __future__ import annotations

from qffc.passes.circuit.split_program import Split


def lone_pairs(split: Split) -> dict[int, tuple[tuple[int, int], ...]]:
    """Return the pairs of positions among the qubits of operations with three or more, by the place of the operation.

    Args:
        split: the program.

    Example:
        >>> from qffc.ir import parse_program
        >>> from qffc.passes.circuit.split_program import split_program
        >>> program = parse_program('''qffc 1
        ... program tiny
        ... scope molecule
        ... species H
        ... site A: H free
        ... qubit a
        ... qubit b
        ... qubit c
        ... singlet b, c
        ... zero a
        ... collective a, b, c, 1
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... ''')
        >>> lone_pairs(split_program(program))
        {2: ((1, 2),)}
    """
    track = list(range(split.qubit_count))
    partner: dict[int, int | None] = dict.fromkeys(track)
    found: dict[int, tuple[tuple[int, int], ...]] = {}
    for place, op in enumerate(split.ops):
        tracks = [track[qubit] for qubit in op.qubits]
        if op.kind == "relabel":
            for target, source in zip(op.targets, tracks, strict=True):
                track[target] = source
        if op.kind == "relabel" or len(tracks) < 2:
            continue
        if len(tracks) == 2 and all(t in partner and partner[t] in (None, *tracks) for t in tracks):
            partner |= {tracks[0]: tracks[1], tracks[1]: tracks[0]}
            continue
        if op.kind in ("chirality", "collective"):
            positions: dict[int | None, int] = {t: position for position, t in enumerate(tracks)}
            ends = ((position, positions.get(partner.get(t), -1)) for position, t in enumerate(tracks))
            pairs = tuple((a, b) for a, b in ends if a < b)
            if pairs:
                found[place] = pairs
        for t in tracks:
            other = partner.pop(t, None)
            if other is not None:
                partner.pop(other, None)
    return found
