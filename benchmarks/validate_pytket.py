"""Translation validation of the passes of pytket: circuits with symbols, before and after a pass, compared exactly.

Both circuits are imported with two more rotations of each qubit at their start, about x and z by symbols of their own:
what a circuit makes of all product states says which unitary it is, up to a phase. Compared is the moment of all Pauli
strings together, with random weights, by the identity test, for all values of all symbols. Where a pass
writes angles that are no sums of rational multiples of symbols, such as atan2, states are compared instead at random
numbers (*numbers*), once more with angles of exact numbers where doubles differ, and at multiples of half a half turn
(*quarter turns*), where such formulas may have no number. Exits with 1 when circuits differ, quarter turns aside.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import product
from random import Random
from typing import Literal

import numpy as np
import sympy
from pytket.circuit import Circuit
from pytket.predicates import CompilationUnit

from benchmarks.pytket_passes import CASES, DEAR_EACH, Preparation
from benchmarks.symbolic_circuits import KINDS, symbolic_circuit
from qffc.ir.declarations import EnergyReadout, Parameter, Qubit, Site
from qffc.ir.diagnostics import QffcError
from qffc.ir.evaluate import Instance
from qffc.ir.observables import Observable, PauliObservable, SumObservable
from qffc.ir.pauli import PauliString
from qffc.ir.program import Program
from qffc.ir.reference import State, statevector
from qffc.ir.values import Moment, Mul, Number, ParameterEntry, Pi, Value
from qffc.passes.equivariance.identities.terms import terms_of
from qffc.passes.raise_pytket.raise_circuit import raise_circuit
from qffc.passes.same_response import compare_responses

TOLERANCE = 1e-7
"""Of states. Rounding in angles is far below it, but for acos near 1, which takes roots of it."""
POINTS = 2
ANYWHERE, QUARTERS = 997, 2
"""Denominators of half turns."""
LARGEST_WEIGHT = 10**6
Numbers = Mapping[sympy.Symbol, sympy.Rational]
Kind = Literal["equal", "different", "no number"]


@dataclass(frozen=True)
class Outcome:
    """What a pass did to a circuit.

    Args:
        case: the pass.
        seed: of the circuit.
        outcome: ``refused``, ``unchanged``, ``equal`` or ``different`` by exact arithmetic, or ``numbers``.
        why: the reason of a refusal, or of numbers.
        numbers: what these say, at random ones.
        quarters: and at quarter turns.
        deviation: of states at random numbers, the largest.
        seconds: of a processor, for the comparison.
    """

    case: str
    seed: int
    outcome: str
    why: str = ""
    numbers: Kind | None = None
    quarters: Kind | None = None
    deviation: float = 0.0
    seconds: float = 0.0


class NotLinear(Exception):
    """An angle that is no sum of rational multiples of symbols; its text says why."""


class Given:
    """A circuit that passes are given, and what is computed of it once.

    Args:
        circuit: the circuit.
        seed: of the random numbers for its symbols.
    """

    def __init__(self, circuit: Circuit, seed: int = 0) -> None:
        self.circuit = circuit
        self.seed = seed

    @cached_property
    def program(self) -> Program:
        """The circuit after rotations of each qubit."""
        return linear_program(self.circuit)

    def points(self, denominator: int) -> list[tuple[Numbers, State]]:
        """Return numbers for the symbols, half turns with this denominator from -2 to 2, and the states there."""
        if denominator not in self._points:
            random, found = Random(f"numbers {self.seed} {denominator}"), []
            for _ in range(POINTS):
                numbers = {
                    symbol: sympy.Rational(random.randint(-2 * denominator, 2 * denominator), denominator)
                    for symbol in sorted(self.circuit.free_symbols(), key=str)
                }
                state = state_at(self.circuit, numbers, exactly=True)
                assert state is not None
                found.append((numbers, state))
            self._points[denominator] = found
        return self._points[denominator]

    @cached_property
    def _points(self) -> dict[int, list[tuple[Numbers, State]]]:
        return {}


def validate(case: str, given: Given) -> Outcome:
    """Run a pass on a circuit that was prepared for it, and compare what comes out with that."""
    before, seed = given.circuit, given.seed
    try:
        unit = CompilationUnit(before)
        changed = CASES[case].make().apply(unit)
    except RuntimeError as problem:
        return Outcome(case, seed, "refused", _reason(problem))
    after = unit.circuit
    if any(a != b for names in (unit.initial_map, unit.final_map) for a, b in names.items()):
        return Outcome(case, seed, "refused", "qubits have other names afterwards")
    if after.qubits != before.qubits:
        return Outcome(case, seed, "refused", "other qubits afterwards")
    if not changed and after == before:
        return Outcome(case, seed, "unchanged")
    return compare(case, given, after)


def compare(case: str, given: Given, after: Circuit) -> Outcome:
    """Compare two circuits: exactly, or by numbers where angles of the second one are not linear."""
    start = time.process_time()
    try:
        identity = compare_responses(given.program, linear_program(after, given.circuit))
        if identity.outcome != "unknown":
            return Outcome(case, given.seed, identity.outcome, seconds=time.process_time() - start)
        why = identity.why
    except NotLinear as problem:
        why = str(problem)
    numbers, deviation = by_numbers(given, after, ANYWHERE)
    quarters, _ = by_numbers(given, after, QUARTERS)
    return Outcome(case, given.seed, "numbers", why, numbers, quarters, deviation, time.process_time() - start)


def linear_program(circuit: Circuit, like: Circuit | None = None) -> Program:
    """Return the program of a circuit after rotations of each qubit.

    Args:
        circuit: a circuit.
        like: the circuit whose symbols are its parameters; itself when left out.

    Raises:
        NotLinear: when angles are no sums of rational multiples of symbols and of numbers.
    """
    try:
        program = program_of(circuit, like)
    except QffcError as problem:
        raise NotLinear(f"{problem.diagnostic.title}: {_function(problem.diagnostic.found)}") from None
    for op in program.ops:
        for _, term in terms_of(op.value) if op.value is not None else ():
            factors = term.factors if isinstance(term, Mul) else (term,)
            odd = [part for part in factors if not isinstance(part, ParameterEntry | Pi | Number)]
            if odd or sum(isinstance(part, ParameterEntry) for part in factors) > 1:
                raise NotLinear(f"angle that is not linear: {_function(str(term))}")
    return program


def program_of(circuit: Circuit, like: Circuit | None = None) -> Program:
    """Return the program of a circuit after rotations of each qubit by symbols of their own."""
    whole = Circuit(circuit.n_qubits)
    for qubit in range(circuit.n_qubits):
        whole.Rx(sympy.Symbol(f"x{qubit}_") / sympy.pi, qubit).Rz(sympy.Symbol(f"z{qubit}_") / sympy.pi, qubit)
    symbols = {symbol.name for symbol in (whole.free_symbols() | (like or circuit).free_symbols())}
    whole.append(circuit)
    values: dict[str, Value] = {name: ParameterEntry(name) for name in sorted(symbols)}
    return Program(
        name="circuit",
        symmetry=(),
        scope="molecule",
        species=("H",),
        sites=(Site("h", "H", "free"),),
        parameters=tuple(Parameter(name, ()) for name in values),
        qubits=tuple(Qubit(f"q{index}") for index in range(circuit.n_qubits)),
        ops=raise_circuit(whole, values).ops,
        observables=(("m", _observable(circuit.n_qubits)),),
        readout=EnergyReadout(Moment("m")),
    )


@lru_cache(maxsize=8)
def _observable(qubits: int) -> Observable:
    """All Pauli strings but the identity, with random weights: two states have one moment by accident alone."""
    random = Random(qubits)
    terms = []
    for letters in product("IXYZ", repeat=qubits):
        string: PauliString = tuple((qubit, letter) for qubit, letter in enumerate(letters) if letter != "I")
        if string:
            terms.append((Fraction(random.randint(1, LARGEST_WEIGHT)), PauliObservable(string)))
    return SumObservable(tuple(terms))


def by_numbers(given: Given, after: Circuit, denominator: int) -> tuple[Kind, float]:
    """Compare states at points, and return the largest deviation of one."""
    worst = 0.0
    for numbers, one in given.points(denominator):
        deviation = None
        for exactly in (False, True):
            other = state_at(after, numbers, exactly=exactly)
            deviation = None if other is None else _distance(one, other)
            if deviation is not None and deviation < TOLERANCE:
                break
        if deviation is None:
            return "no number", float("inf")
        if deviation >= TOLERANCE:
            return "different", deviation
        worst = max(worst, deviation)
    return "equal", worst


def state_at(circuit: Circuit, numbers: Numbers, *, exactly: bool) -> State | None:
    """Return the state of a circuit, after rotations of each qubit, with its symbols bound.

    Args:
        circuit: a circuit.
        numbers: half turns for its symbols.
        exactly: bind these as exact numbers, so that the values of functions are not those of rounded ones.

    Returns:
        (2**qubits,), qubit 0 the most significant bit; None where an angle has no number.
    """
    bound = circuit.copy()
    try:
        bound.symbol_substitution(
            dict(numbers) if exactly else {symbol: float(number) for symbol, number in numbers.items()}
        )
        program = program_of(bound)
    except (QffcError, RuntimeError):
        return None
    parameters = {each.name: np.asarray(0.3 + 0.7 * place) for place, each in enumerate(program.parameters)}
    return statevector(program, Instance(np.zeros((1, 3)), np.zeros(1, int), parameters))


def _distance(one: State, other: State) -> float:
    """Of two states, a phase aside."""
    overlap = np.vdot(other, one)
    return float(np.abs(one - other * (overlap / max(abs(overlap), 1e-300))).max())


def _reason(problem: Exception) -> str:
    text = str(problem).strip().split("\n")[0]
    return text.split("(")[0].split(":")[0].strip() + (" with symbols" if "Cannot decompose TK2" in text else "")


def _function(text: str) -> str:
    """The function that a text has, for counting."""
    return next((name for name in ("atan2", "acos", "asin", "atan", "sqrt", "sin", "cos") if f"{name}(" in text), text)


def one(seed: int, cases: Sequence[str]) -> list[Outcome]:
    """Return what each pass did to one circuit."""
    _, circuit = symbolic_circuit(seed)
    given: dict[Preparation, Given] = {}
    found = []
    for case in cases:
        _, prepare, dear = CASES[case]
        if dear and seed % (len(KINDS) * DEAR_EACH) >= len(KINDS):
            continue
        if prepare not in given:
            given[prepare] = Given(prepare(circuit), seed)
        found.append(validate(case, given[prepare]))
    return found


def table(rows: Sequence[Outcome], cases: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the table."""
    heads = ["pass", "circuits", "unchanged", "equal", "different", "numbers: equal", "different, none"]
    heads += ["quarter turns: equal", "different, none", "refused", "longest (s)"]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for case in cases:
        own = [row for row in rows if row.case == case]
        count = Counter(row.outcome for row in own)
        cells = [f"{len(own)}", *(f"{count[outcome]}" for outcome in ("unchanged", "equal", "different"))]
        for kind in ("numbers", "quarters"):
            found = Counter(getattr(row, kind) for row in own)
            cells += [f"{found['equal']}", f"{found['different']}, {found['no number']}"]
        cells += [f"{count['refused']}", f"{max((row.seconds for row in own), default=0.0):.2f}"]
        yield f"| `{case}` | {' | '.join(cells)} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=240, help="circuits (default: %(default)d)")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--passes", nargs="*", default=list(CASES), metavar="PASS", help="of the table; default: all")
    options = parser.parse_args()
    seeds = range(options.start, options.start + options.count)
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = []
        for done, part in enumerate(pool.map(one, seeds, [options.passes] * len(seeds)), start=1):
            rows += part
            print(f"\r{done} of {len(seeds)}", end="", file=sys.stderr, flush=True)
    print(f"{options.count} circuits\n", *table(rows, options.passes), sep="\n")
    for outcome in ("numbers", "refused"):
        print(f"\n{outcome}:")
        for (case, why), number in Counter((row.case, row.why) for row in rows if row.outcome == outcome).most_common():
            print(f"- {number} {case}: {why}")
    wrong = [row for row in rows if row.outcome == "different" or row.numbers in ("different", "no number")]
    for row in wrong:
        print(f"DIFFERENT: seed {row.seed} {row.case} {row.outcome} {row.numbers} {row.deviation}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
