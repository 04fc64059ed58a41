"""The circuit of a setting with a rotation wherever a fault may strike, and which faults strike in each sample.

A fault is a Pauli, which is half a turn about its axis: a rotation by a vector of length pi, or by none where nothing
happens. So a kernel of exact circuits with more slots is one of faulty circuits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qffc.ir.values import Number
from qffc.passes.circuit.split_program import KernelOp, Split
from qffc.passes.noisy.channels import Strengths
from qffc.passes.noisy.structure import Frame, Fresh, Half, Leg, SettingCircuit


class Site(NamedTuple):
    """Where something may go wrong.

    Args:
        chance: that it does.
        kinds: how many faults there are, all as likely: 15 Paulis of two qubits, 3 of one, X alone, or 1 about an axis.
        vectors: the numbers of its vectors among those of faults: two, or one.
        frame: whose axis a fault is about; None for Paulis of the program.
        row: of the frame: 0 for x, 2 for z.
        leg: whose turn a fault follows, which is no gate where the turn is nothing; None where it always may strike.
    """

    chance: float
    kinds: int
    vectors: tuple[int, ...]
    frame: Frame | None = None
    row: int = 2
    leg: Leg | None = None


class Drawn(NamedTuple):
    """Faults of samples, each of which has at least one.

    Args:
        letters: (samples, vectors, 3), units of half a turn about letters.
        axes: (samples, vectors), 1 where half a turn is about the axis of a site.
        clean: the chance that there is no fault at all.
    """

    letters: NDArray[np.float64]
    axes: NDArray[np.float64]
    clean: float


@dataclass
class FaultyCircuit:
    """The operations of a setting on its tracks, with those of faults among them.

    Args:
        split: of the program.
        circuit: of the setting.
        strengths: of the noise.
    """

    split: Split
    circuit: SettingCircuit
    strengths: Strengths
    ops: list[KernelOp] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    vectors: int = 0

    def __post_init__(self) -> None:
        self._gate_noise = {
            "prepared": _chance(self.strengths.prepared, 16),
            "exchanged": _chance(self.strengths.exchanged, 16),
            "turned": _chance(self.strengths.one_qubit, 4),
        }
        paired = {track for tracks, _ in self.circuit.pairs for track in tracks}
        for track in range(len(self.circuit.tracks)):
            if track not in paired:
                self._strike(Site(self._flipped, 1, ()), (track,))
        halves = self._halves()
        for tracks, story in self.circuit.pairs:
            if story.singlet:
                self.ops.append(KernelOp("singlet", tracks))
            for op, side in story.events:
                where = tracks if side is None else (tracks[side],)
                self.ops.append(_placed(op, where))
            for track in tracks:
                self._strike(Site(self._flipped, 1, (), frame=halves[track], row=0), (track,))
            self._strike(Site(self._gate_noise["prepared"], 15, ()), tracks)
        for meeting in self.circuit.meetings:
            for track, leg in zip(meeting.tracks, meeting.legs, strict=True):
                self._walk(leg, track)
            self.ops.append(_placed(meeting.op, meeting.tracks))
            self._strike(Site(self._gate_noise["exchanged"], 15, ()), meeting.tracks)

    def end(self, legs: Sequence[Leg]) -> None:
        """Add the legs at the end, one for each track."""
        for track, leg in enumerate(legs):
            self._walk(leg, track)

    def faulty(self) -> Split:
        """Return the kernel: slots are those of the program, then x, y, z of each vector of a fault."""
        return replace(
            self.split, vectors=(*self.split.vectors, *(Number(Fraction(0)),) * self.vectors), ops=tuple(self.ops)
        )

    @property
    def _flipped(self) -> float:
        return self.strengths.noise.preparation

    def _halves(self) -> dict[int, Half]:
        """Frames of the halves of pairs by track."""
        legs = [each for meeting in self.circuit.meetings for each in zip(meeting.tracks, meeting.legs, strict=True)]
        legs += list(enumerate(self.circuit.reading.legs))
        found: dict[int, Half] = {}
        for track, leg in legs:
            if isinstance(leg.source, Half):
                found.setdefault(track, leg.source)
        return found

    def _walk(self, leg: Leg, track: int) -> None:
        if not isinstance(leg.source, Fresh):
            self._strike(Site(self.strengths.noise.dephasing(1), 1, (), frame=leg.source), (track,))
        self.ops += [_placed(op, (track,)) for op in leg.turns]
        self._strike(Site(self.strengths.noise.dephasing(leg.idle), 1, (), frame=leg.target), (track,))
        self._strike(Site(self._gate_noise["turned"], 3, (), leg=leg), (track,))

    def _strike(self, site: Site, tracks: tuple[int, ...]) -> None:
        """Add a site on tracks, unless nothing can happen there."""
        if not site.chance > 0:
            return
        numbers = tuple(range(self.vectors, self.vectors + len(tracks)))
        self.vectors += len(tracks)
        self.sites.append(site._replace(vectors=numbers))
        first = len(self.split.vectors)
        self.ops += [
            KernelOp("rotate", (track,), vector=(Fraction(1), first + number))
            for track, number in zip(tracks, numbers, strict=True)
        ]


def drawn_faults(sites: Sequence[Site], vectors: int, samples: int, seed: Sequence[int]) -> Drawn:
    """Return faults of samples, at least one in each, with the chances that they have.

    The first fault of the samples is spread evenly over all that it may be (systematic sampling), those after it are
    drawn by themselves.

    Args:
        sites: in the order of the circuit.
        vectors: how many vectors they have.
        samples: how many.
        seed: of the random numbers.
    """
    generator = np.random.default_rng(list(seed))
    chances = np.array([site.chance for site in sites])
    before = np.concatenate([[1.0], np.cumprod(1 - chances)])
    first = before[:-1] * chances
    edges = np.concatenate([[0.0], np.cumsum(first)])
    letters, axes = np.zeros((samples, vectors, 3)), np.zeros((samples, vectors))
    if not len(sites):
        return Drawn(letters[:0], axes[:0], 1.0)
    points = (np.arange(samples) + generator.random()) / samples * edges[-1]
    starts = np.minimum(np.searchsorted(edges, points, side="right") - 1, len(sites) - 1)
    strikes = generator.random((samples, len(sites))) < chances
    chosen = generator.random((samples, len(sites)))
    for sample, (start, point) in enumerate(zip(starts.tolist(), points.tolist(), strict=True)):
        struck = [number for number in range(start + 1, len(sites)) if strikes[sample, number]]
        _set(sites[start], (point - edges[start]) / first[start], letters[sample], axes[sample])
        for number in struck:
            _set(sites[number], chosen[sample, number], letters[sample], axes[sample])
    return Drawn(letters, axes, float(before[-1]))


def _set(site: Site, part: float, letters: NDArray[np.float64], axes: NDArray[np.float64]) -> None:
    """Write one of the faults of a site."""
    kind = min(int(part * site.kinds), site.kinds - 1)
    if site.frame is not None:
        axes[site.vectors[0]] = 1.0
        return
    codes = divmod(kind + 1, 4) if len(site.vectors) == 2 else (kind + 1,)
    for vector, code in zip(site.vectors, codes, strict=True):
        if code:
            letters[vector, code - 1] = 1.0


def _placed(op: KernelOp, tracks: tuple[int, ...]) -> KernelOp:
    """An operation without qubits on tracks."""
    return replace(op, qubits=tracks, string=tuple((tracks[0], letter) for _, letter in op.string))


def _chance(kept: float, strings: int) -> float:
    """The chance of a fault of depolarizing noise that leaves a part of every string but the identity."""
    return (1 - kept) * (strings - 1) / strings
