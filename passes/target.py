"""What a circuit is compiled for: a device, an emulator or an ideal simulation, described as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from qffc.ir.diagnostics import error, quoted
from qffc.ir.plain_numbers import whole_number
from qffc.passes.connectivity import Connectivity
from qffc.passes.counts import CircuitCounts
from qffc.passes.machines import Region, check_machine
from qffc.passes.plain_data import ADDED_LATER
from qffc.passes.target_gates import EXCHANGE, IONS, NATIVE, ONE_QUBIT_NATIVE, PECOS, TWO_QUBIT, check_gates
from qffc.passes.target_noise import NoiseModel

SELENE = "selene"
"""The emulator of Helios."""
EXACT = "exact"
"""What draws shots from exact states, where there is no noise."""


@dataclass(frozen=True)
class CostWeights:
    """The cost of two-qubit gates in units of one ZZPhase.

    A TK2 costs ``tk2_base + tk2_angle`` for each of its three angles that is not zero: 2.4 for an exchange. All others
    cost ``zz``.

    Args:
        zz: of a two-qubit gate that is no TK2.
        tk2_base: of a TK2.
        tk2_angle: of each angle of a TK2 that is not zero.
        by_gate: of two-qubit gates by name, in the place of these.
    """

    zz: float = 1.0
    tk2_base: float = 0.3
    tk2_angle: float = 0.7
    by_gate: tuple[tuple[str, float], ...] = field(default=(), metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        named = (weight for _, weight in self.by_gate)
        if not all(0 <= weight < inf for weight in (self.zz, self.tk2_base, self.tk2_angle, *named)):
            raise error("negative cost of a gate", found=str(self), expected="weights >= 0", help="correct the weights")

    def tk2(self, nonzero_angles: int) -> float:
        """Return the cost of a TK2 with that many angles that are not zero.

        Example:
            >>> round(CostWeights().tk2(3), 12)
            2.4
        """
        return self.tk2_base + self.tk2_angle * nonzero_angles if nonzero_angles else 0.0

    def of(self, gate: str, nonzero_angles: int = 3) -> float:
        """Return the cost of a two-qubit gate; a TK2 with that many angles that are not zero.

        Example:
            >>> CostWeights(by_gate=(("CZ", 0.8),)).of("CZ"), CostWeights().of("CX")
            (0.8, 1.0)
        """
        named = dict(self.by_gate).get(gate)
        if named is not None:
            return named
        return self.tk2(nonzero_angles) if gate == "TK2" else self.zz


@dataclass(frozen=True)
class MinimumAngles:
    """The smallest angles that the hardware can tell from zero, in radians.

    Args:
        zz_phase: of exp(-i angle/2 ZZ); each of the three angles of a TK2 is held to it, too.
        phased_x: of a PhasedX, its turn.
    """

    zz_phase: float = 0.0
    phased_x: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= angle < inf for angle in (self.zz_phase, self.phased_x)):
            raise error("negative minimum angle", found=str(self), expected="radians >= 0", help="correct the angles")


@dataclass(frozen=True)
class Pricing:
    """A price for a job in H-series quantum credits (HQC).

    ``base + shots (one_qubit N_1q + two_qubit N_2q + spam N_m) / shot_scale``, with N_m the preparations and the
    measurements together. Rz is virtual and not among N_1q; a TK2 counts as one gate of N_2q. Gates in ``by_gate`` have
    a price of their own, by name, in the place of ``one_qubit``, ``two_qubit`` or nothing.
    """

    base: float = 5.0
    one_qubit: float = 1.0
    two_qubit: float = 10.0
    spam: float = 5.0
    shot_scale: float = 5000.0
    by_gate: tuple[tuple[str, float], ...] = field(default=(), metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        prices = (self.base, self.one_qubit, self.two_qubit, self.spam, *(price for _, price in self.by_gate))
        if not (all(0 <= price < inf for price in prices) and 0 < self.shot_scale < inf):
            raise error("impossible price", found=str(self), expected="prices >= 0", help="correct the formula")


@dataclass(frozen=True)
class Limits:
    """What one run may ask for; None when nothing is known to stop it.

    Args:
        shots: of one circuit.
        circuits: of one job.
        emulated_qubits: of one circuit in a local emulator, whose state vector is kept in memory.
    """

    shots: int | None = None
    circuits: int | None = None
    emulated_qubits: int | None = None

    def __post_init__(self) -> None:
        if any(limit is not None and limit < 1 for limit in (self.shots, self.circuits, self.emulated_qubits)):
            raise error(
                "limit that lets nothing run", found=str(self), expected="at least 1", help="correct the limits"
            )


@dataclass(frozen=True)
class Target:
    """A place where circuits run.

    Args:
        name: what the user writes.
        title: one line for people.
        qubits: how many qubits it has; None when only memory sets a limit.
        gates: the native two-qubit gates by their pytket names; empty when it runs programs as they are.
        two_qubit: the gate that lowerings prefer; circuits have no other, but where it is TK2 or ZZPhase.
        weights: the cost of two-qubit gates.
        minimum: gates with smaller angles are dropped.
        pricing: the price formula; None when running is free.
        device: the name that pytket-quantinuum compiles for, or None.
        emulator: what runs circuits with noise on this machine: ``pecos``, ``selene``, or None.
        notes: where the figures come from.
        noise: of the device; an emulator applies it. None for what has none.
        limits: of a run.
        machine: the machine or hosted emulator to which qnexus submits, which costs credits, or None.
        checker: the syntax checker that knows what programs for the machine cost, or None.
        region: where the machine stands, ``us`` or ``sg``; None for that of the account.
        always_emulate: whether the emulator runs circuits without noise, too; else their shots are drawn from one exact
            state, with the same distribution.
        one_qubit: the native one-qubit gates by their pytket names.
        connectivity: which qubits can meet; None when all can.

    Raises:
        QffcError: when the parts do not fit together.

    Example:
        >>> Target("lab", "our two ions", 2, ("ZZPhase",), two_qubit="ZZPhase").native
        True
    """

    name: str
    title: str
    qubits: int | None
    gates: tuple[str, ...] = ()
    two_qubit: str = "TK2"
    weights: CostWeights = CostWeights()
    minimum: MinimumAngles = MinimumAngles()
    pricing: Pricing | None = None
    device: str | None = None
    emulator: str | None = None
    notes: tuple[str, ...] = ()
    noise: NoiseModel | None = None
    limits: Limits = Limits()
    machine: str | None = None
    checker: str | None = field(default=None, metadata=ADDED_LATER)
    region: Region | None = field(default=None, metadata=ADDED_LATER)
    always_emulate: bool = field(default=False, metadata=ADDED_LATER)
    one_qubit: tuple[str, ...] = field(default=ONE_QUBIT_NATIVE, metadata=ADDED_LATER)
    connectivity: Connectivity | None = field(default=None, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        if not self.name or (self.qubits is not None and self.qubits < 1):
            raise error(
                "target that cannot be",
                found=f"name '{self.name}' with {self.qubits} qubits",
                expected="a name, and at least one qubit",
                help="correct the target",
            )
        check_gates(self.name, self.gates, self.one_qubit)
        if self.two_qubit not in (self.gates or NATIVE):
            raise error(
                "preferred two-qubit gate that the target does not have",
                found=f"'{self.two_qubit}' for target '{self.name}'",
                expected=f"one of {quoted(gate for gate in TWO_QUBIT if gate in (self.gates or NATIVE))}",
                help="prefer a native gate",
            )
        if self.emulator and self.machine:
            raise error(
                "target that runs in two places",
                found=f"emulator '{self.emulator}' and machine '{self.machine}' for target '{self.name}'",
                expected="one of the two",
                help='leave one out; in a file, machine = "none" takes it away',
            )
        if self.always_emulate and not self.emulator:
            raise error(
                "nothing that could emulate",
                found=f"always_emulate = true for target '{self.name}', which has no emulator",
                expected="an emulator",
                help='leave it out, or give the target emulator = "pecos"',
            )
        if self.emulator == SELENE and "TK2" in self.gates:
            raise error(
                "gate that the emulator does not run",
                found=f"emulator '{SELENE}' and gates {quoted(self.gates)} for target '{self.name}'",
                expected="ZZPhase or ZZMax, no TK2: Selene emulates Helios, which has none",
                help='give the target gates = ["ZZPhase", "ZZMax"], or emulator = "pecos"',
            )
        if self.machine is not None:
            check_machine(self.machine, self.name, self.gates)
        if (self.emulator or self.machine) and not self.gates:
            raise error(
                "place to run circuits without native gates",
                found=f"'{self.emulator or self.machine}' for target '{self.name}'",
                expected="its native two-qubit gates",
                help="list the gates",
            )

        self._check_places()
        priced = () if self.pricing is None else self.pricing.by_gate
        named = [("weight", gate, self.gates) for gate, _ in self.weights.by_gate]
        named += [("price", gate, (*self.gates, *self.one_qubit)) for gate, _ in priced]
        for what, gate, known in named:
            if gate not in known:
                raise error(
                    f"{what} of a gate that the target does not have",
                    found=f"'{gate}' for target '{self.name}'",
                    expected=f"one of {quoted(known)}",
                    help="correct the name, or leave it out",
                )
        if self.connectivity is not None and not self.gates:
            raise error(
                "connectivity without native gates",
                found=f"edges, and no gate to act along them, for target '{self.name}'",
                expected="its native two-qubit gates",
                help="list the gates, or leave the connectivity out",
            )
        if self.connectivity is not None and self.qubits != self.connectivity.qubits:
            raise error(
                "edges that are not those of the qubits",
                found=f"edges between qubits 0 to {self.connectivity.qubits - 1} for target '{self.name}'",
                expected="a number of qubits" if self.qubits is None else f"edges of qubits 0 to {self.qubits - 1}",
                help="correct the edges, or the number of qubits",
            )

    def _check_places(self) -> None:
        """Refuse gates that the place where circuits run does not have."""
        place = self.machine or self.emulator
        if place is None:
            return
        ours = (*IONS, *ONE_QUBIT_NATIVE)
        known: tuple[str, ...] = ours if self.machine or self.emulator == SELENE else PECOS
        foreign = [gate for gate in (*self.gates, *self.one_qubit) if gate not in known]
        if foreign:
            raise error(
                "gates that are not those of the place to run",
                found=f"{quoted(foreign)} for target '{self.name}', which runs on '{place}'",
                expected=f"gates that it runs: {quoted(known)}",
                help='take the place away: emulator = "none" or machine = "none", and write circuits with --emit',
            )

    @property
    def emitted_as_is(self) -> bool:
        """Whether circuits stay as they are emitted: in PhasedX, Rz, TK2 and ZZPhase, between any two qubits."""
        return self.two_qubit in NATIVE and self.one_qubit == ONE_QUBIT_NATIVE and self.connectivity is None

    @property
    def native(self) -> bool:
        """Whether circuits are compiled to native gates for it."""
        return bool(self.gates)

    @property
    def engine(self) -> str | None:
        """What runs circuits: ``exact``, ``pecos``, ``selene``, ``qnexus``, or None.

        Without noise all shots come from one state, and a target without gates runs any circuit as it is.

        Example:
            >>> lab = Target("lab", "our two ions", 2, ("ZZPhase",), two_qubit="ZZPhase", emulator="pecos")
            >>> lab.engine, lab.emulated().engine, lab.with_noise(NoiseModel(two_qubit=1e-3)).engine
            ('exact', 'pecos', 'pecos')
        """
        silent = self.noise is None or self.noise.silent
        if not self.native or (self.emulator and silent and not self.always_emulate):
            return EXACT
        return self.emulator or ("qnexus" if self.machine else None)

    def emulated(self) -> Target:
        """Return the target with every shot run by its emulator, where there is no noise, too.

        Raises:
            QffcError: when it has no emulator.
        """
        return replace(self, always_emulate=True)

    def preferring(self, gate: str) -> Target:
        """Return the target with another preferred two-qubit gate."""
        return replace(self, two_qubit=gate)

    def with_noise(self, noise: NoiseModel | None) -> Target:
        """Return the target with other noise, which its emulator applies, or with none."""
        return replace(self, noise=noise)

    def exchange_costs(self) -> dict[str, float]:
        """Return what one exchange costs in each native gate that can make it, in units of a ZZPhase.

        With a noise model the cost times ``noise.two_qubit`` is its infidelity, to first order. A ZZMax beside a
        ZZPhase is not listed: it is one.

        Example:
            >>> costs = Target("ions", "two ions", 2, ("TK2", "ZZPhase")).exchange_costs()
            >>> {gate: round(cost, 12) for gate, cost in costs.items()}
            {'TK2': 2.4, 'ZZPhase': 3.0}
        """
        listed = (
            gate for gate in TWO_QUBIT if gate in self.gates and not (gate == "ZZMax" and "ZZPhase" in self.gates)
        )
        return {gate: EXCHANGE[gate] * self.weights.of(gate) for gate in listed}

    def cheaper_exchange(self) -> str:
        """Return the native gate that makes an exchange at the lowest cost; the first of the list where several do.

        Targets from files prefer this gate unless they name another.

        Example:
            >>> dear = CostWeights(tk2_base=1.0, tk2_angle=0.7)
            >>> Target("ions", "two ions", 2, ("TK2", "ZZPhase"), weights=dear).cheaper_exchange()
            'ZZPhase'
        """
        costs = self.exchange_costs()
        return min(costs, key=lambda gate: costs[gate]) if costs else self.two_qubit

    def price(self, counts: CircuitCounts | Iterable[CircuitCounts], shots: int) -> float:
        """Return the price in HQC of running one or several circuits, each with that many shots.

        Measurements that a circuit does not have yet are counted for all of its qubits. No shots cost what a job costs
        before its first one.

        Raises:
            QffcError: when shots are no whole number from 0 on.

        Example:
            >>> counts = CircuitCounts(2, phased_x=10, rz=0, two_qubit=5, two_qubit_depth=5, depth=9, cost=5.0)
            >>> Target("lab", "two ions", 2, ("ZZPhase",), two_qubit="ZZPhase", pricing=Pricing()).price(counts, 1000)
            21.0
        """
        check_shots(shots)
        jobs = (counts,) if isinstance(counts, CircuitCounts) else tuple(counts)
        return sum((self._price(job, shots) for job in jobs), 0.0)

    def _price(self, counts: CircuitCounts, shots: int) -> float:
        pricing = self.pricing
        if pricing is None:
            return 0.0
        spam = counts.qubits + (counts.measured or counts.qubits)
        named, kinds = dict(pricing.by_gate), dict(counts.gates)
        one_shot = pricing.one_qubit * counts.phased_x + pricing.two_qubit * counts.two_qubit + pricing.spam * spam
        for gate in sorted(named.keys() & kinds.keys()):
            usual = pricing.two_qubit if gate in TWO_QUBIT else 0.0 if gate == "Rz" else pricing.one_qubit
            one_shot += (named[gate] - usual) * kinds[gate]
        return pricing.base + shots * one_shot / pricing.shot_scale


def check_shots(shots: object) -> None:
    """Refuse shots that have no price.

    Raises:
        QffcError: when they are no whole number from 0 on.

    Example:
        >>> check_shots(1000)
    """
    number = whole_number(shots)
    if number is None or number < 0:
        raise error(
            "shots out of range",
            found=f"{shots!r}",
            expected="a whole number from 0 on",
            help="say how often each circuit runs",
        )
