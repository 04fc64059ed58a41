"""Check a certificate of equivariance without qffc: this file and Python's standard library are all that it takes.

    qffc-verify certificate.json [program.qffc]        or, copied elsewhere,        python verify.py certificate.json

It shares no code with what makes certificates and believes none of it: it reads the text of the program by itself,
finds out which symmetries are declared, and confirms each verdict or rejects the certificate.

*Proven* is confirmed modulo one random prime of 256 bits. Whatever a program leaves free is drawn at random: places,
species, table entries, and what functions return, by the numbers that they are given, so that equal arguments have
equal values. A length is such a function of the square of its vector, and 1 over it another; exp(i f) is a power of one
number for all rational multiples of f; a turn by v is C - i S v.sigma with C^2 + S^2 v.v = 1. The true values are one
case of this, so an identity holds at all geometries and parameters; by the lemma of Schwartz and Zippel it is wrong
with a probability below its degree over the prime, which is computed. Compared are, before and after a transform, first
the operations one by one, qubits renamed as the certificate says and spins turned, up to the order of what commutes;
where this does not fit, the responses of circuits. Sums over neighbours are written out, each neighbour with a free
weight, for more neighbours than an identity has sums in a product (polarization: then it holds for any number); with
rounds, vectors have to turn along. Slots that no atom takes are left empty in all ways.

*Refuted* is confirmed in floating point at the geometry and parameters given, where the difference is far above what
coarser rounding does, and by exact responses that differ. *Undecided* claims nothing. Not looked at is what is only
said about a proof: names of rules, where attempts stopped, how many points were tried, notes, versions, which passes
led to the program, and, of a symmetry that moves no data, all numbers but the first, the distance of states.

What it does not confirm it rejects, true or not: circuits whose operations do not fit one by one and whose states are
out of reach (12 qubits, 150 copies), identities that rest on a length being the root of a sum of squares, and
counterexamples to sums over neighbours.
"""

from __future__ import annotations

import ast
import cmath
import hashlib
import json
import math
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

BITS, PRIME_BITS, MOST_QUBITS, MOST_WORK, MOST_COPIES, MOST_NEIGHBOURS, NOISE = 80, 256, 12, 4 * 10**6, 150, 64, 1e-13
XYZ = "XYZ"
SOURCE = random.SystemRandom()
Sum = dict[tuple[tuple[int, str], ...], Any]
"""Pauli strings, each ((qubit, letter), ...) in the order of the qubits, with their coefficients."""


class Rejected(Exception):
    """What is not confirmed, and why."""


MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, MemoryError, SyntaxError)
"""What reading raises of documents that are no certificates."""


class OutOfReach(Rejected):
    """What is too large to be decided here."""


class Undefined(Rejected):
    """A quotient by what is zero everywhere: there is no response that could be compared."""


def need(true: object, why: str) -> None:
    """Reject unless something is true."""
    if not true:
        raise Rejected(why)


# --- What a program says ---------------------------------------------------------------------------------------------

NODES: dict[Any, Any] = {}
OF_NUMBERS = {"acos": 1, "cos": 1, "exp": 1, "log": 1, "sin": 1, "sqrt": 1, "tanh": 1, "vector": 3}
ARGUMENTS = {
    **OF_NUMBERS,
    **{name: 1 for name in ("x", "norm", "unit", "moment", "Z", "X", "Y")},
    **{name: 2 for name in ("r", "dot", "cross", "component", "cutoff", "radial", "sum", "scalars", "vectors")},
}
"""How many arguments functions of numbers have, and all functions."""


def node(kind: str, *parts: Any) -> Any:
    """A symbolic value, a tuple; equal ones are one object, known by its id."""
    key = (kind, *(id(part) if isinstance(part, tuple) else part for part in parts))
    return NODES.setdefault(key, (kind, *parts))


def tree(text: str) -> Any:
    """A value from its text, nearly an expression of Python; names get a letter that keeps them off keywords."""
    return _tree(ast.parse(re.sub(r"[A-Za-z_]\w*", r"_\g<0>", text.strip()).replace("^", "**"), mode="eval").body)


def _tree(e: ast.expr) -> Any:
    match e:
        case ast.Constant(int(n)):
            return node("number", Fraction(n))
        case ast.UnaryOp(ast.USub(), part):
            inner = _tree(part)
            minus = node("number", Fraction(-1))
            return node("number", -inner[1]) if inner[0] == "number" else node("mul", minus, inner)
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            part = right if isinstance(sign, ast.Add) else ast.UnaryOp(ast.USub(), right)
            return node("add", _tree(left), _tree(part))
        case ast.BinOp(left, ast.Mult(), right):
            return node("mul", _tree(left), _tree(right))
        case ast.BinOp(left, ast.Div(), right):
            a, b = _tree(left), _tree(right)
            numbers = a[0] == b[0] == "number"
            return node("number", a[1] / b[1]) if numbers else node("mul", a, node("power", b, -1))
        case ast.BinOp(base, ast.Pow(), power):
            return node("power", _tree(base), whole(_tree(power)))
        case ast.Name(name):
            return node("pi") if name == "_pi" else node("entry", name[1:])
        case ast.Subscript(ast.Name(name), index):
            parts = index.elts if isinstance(index, ast.Tuple) else [index]
            return node("entry", name[1:], *(_index(_tree(part)) for part in parts))
        case ast.Call(ast.Name(name), arguments, []) if len(arguments) == ARGUMENTS.get(name[1:]):
            # A site or a qubit may have the name pi.
            names = [isinstance(each, ast.Name) and name[1:] not in OF_NUMBERS for each in arguments]
            return node(
                name[1:],
                *(
                    node("entry", each.id[1:]) if plain and isinstance(each, ast.Name) else _tree(each)
                    for plain, each in zip(names, arguments, strict=True)
                ),
            )
    raise Rejected(f"'{ast.unparse(e)}' is not understood")


def whole(part: Any) -> int:
    """A number that is whole."""
    need(part[0] == "number" and part[1].denominator == 1, "a number that is not whole")
    return int(part[1])


def _index(part: Any) -> Any:
    """An index: a number, a word, or Z(site)."""
    if part[0] in ("entry", "Z"):
        return part[1] if part[0] == "entry" else node("Z", part[1][1])
    need(whole(part) >= 0, "an index below 0")
    return whole(part)


def walk(value: Any) -> Iterator[Any]:
    """A value and all of its parts."""
    yield value
    for part in value[1:]:
        if isinstance(part, tuple) and value[0] != "entry":
            yield from walk(part)


def paulis(value: Any, qubits: dict[str, int]) -> Sum:
    """An observable as a sum of Pauli strings."""
    kind, *parts = value
    if kind == "number":
        return {(): parts[0]}
    if kind == "add":
        return added(*(paulis(part, qubits) for part in summands(value)))
    if kind == "mul":
        a, b = (paulis(part, qubits) for part in parts)
        need(not {q for s in a for q, _ in s} & {q for s in b for q, _ in s}, "factors share a qubit")
        return {tuple(sorted(s + t)): x * y for s, x in a.items() for t, y in b.items()}
    places = [qubits[part[1]] for part in parts]
    need(kind in ("dot", "X", "Y", "Z"), f"'{kind}' is no observable")
    need(len(set(places)) == len(places) == (2 if kind == "dot" else 1), f"{kind} of these qubits")
    return {tuple(sorted((q, p) for q in places)): Fraction(1) for p in (XYZ if kind == "dot" else kind)}


def summands(value: Any) -> list[Any]:
    """What a sum of sums adds up."""
    found, waiting = [], [value]
    while waiting:
        one = waiting.pop()
        if one[0] == "add":
            waiting += [one[2], one[1]]
        else:
            found.append(one)
    return found


def added(*sums: Sum) -> Sum:
    """The sum of sums."""
    total: Sum = {}
    for one in sums:
        for string, number in one.items():
            total[string] = total.get(string, 0) + number
    return total


def split(text: str) -> list[str]:
    """Parts between commas that stand in no brackets."""
    depth, start, found = 0, 0, []
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            found.append(text[start:place].strip())
            start = place + 1
    return [*found, text[start:].strip()]


def matched(form: str, text: str) -> tuple[Any, ...]:
    """The groups of a form that all of a text has."""
    found = re.fullmatch(form, text)
    if found is None:
        raise Rejected(f"'{text}'")
    return found.groups()


def name_of(text: str) -> str:
    """A text that is a name."""
    return str(matched(r"([A-Za-z_]\w*)", text)[0])


def put(table: dict[str, Any], name: str, item: Any) -> None:
    """Add what has a name of its own."""
    need(name not in table, f"'{name}' twice")
    table[name] = item


def arrows(text: str) -> dict[str, str]:
    """What 'a -> b, c -> d' says."""
    found: dict[str, str] = {}
    for part in split(text):
        put(found, *matched(r"(\w+) -> (\w+)", part))
    need({*found} == {*found.values()}, "no permutation")
    return found


def pairs_of(count: int) -> Sum:
    """The sum of all inner products of so many spins."""
    return {((a, p), (b, p)): Fraction(1) for b in range(count) for a in range(b) for p in XYZ}


def coupling(word: str, string: Any, count: int) -> tuple[Sum, list[tuple[Fraction, int]]]:
    """The generator of a coupling on places 0, 1, ...; and its eigenvalues, each a rational number times a root."""
    cyclic = {"XYZ": 1, "YZX": 1, "ZXY": 1, "XZY": -1, "ZYX": -1, "YXZ": -1}
    if word == "pauli_rotation":
        return {string: Fraction(1, 2)}, [(Fraction(1, 2), 1), (Fraction(-1, 2), 1)]
    if word == "chirality":
        triple: Sum = {tuple(enumerate(letters)): Fraction(sign) for letters, sign in cyclic.items()}
        return triple, [(Fraction(n), 3) for n in (0, 2, -2)]
    if word == "four_spin":
        four: Sum = {((0, p), (1, p), (2, q), (3, q)): Fraction(1) for p in XYZ for q in XYZ}
        return four, [(Fraction(n), 1) for n in (1, -3, 9)]
    spins = [Fraction(count, 2) - k for k in range(count // 2 + 1)]
    return pairs_of(count), [(2 * s * (s + 1) - Fraction(3 * count, 2), 1) for s in spins]


LINES = ["program", "symmetry", "scope", "species", "channels", "average", "site", "parameter", "qubit", "generator"]
RANKS = {**{word: k for k, word in enumerate(LINES)}, "conserved": 9, "observable": 11, "energy": 12, "atomic": 12}
OPERATION = 10
"""The order of lines: that of an operation, of all others by their words."""
POWERS = ("exchange", "chirality", "four_spin", "collective")
"""Couplings that powers of their generator are computed of."""
COUNTS = {"singlet": 2, "zero": 1, "rotate": 1, "exchange": 2, "chirality": 3, "four_spin": 4, "pauli_rotation": 0}


class Program:
    """What a text says; qubits are numbered as they are prepared, and are where their states are after relabelling."""

    def __init__(self, text: str) -> None:
        self.text, self.rounds = text, 0
        self.said: dict[str, str] = {}
        self.sites: dict[str, tuple[str | None, str, str | None]] = {}
        self.tables: dict[str, tuple[list[str], str | None, str | None]] = {}
        self.qubits: dict[str, int] = {}
        self.site_of: list[str | None] = []
        self.declared: dict[str, Symmetry] = {}
        self.ops: list[tuple[str, tuple[int, ...], Any, Any]] = []
        self.observables: dict[str, Sum] = {}
        self.vectors: list[Any] = []
        self.readout: Any = None
        self.features: list[str] = []
        wires: dict[str, int] = {}
        lines = text.split("\n")
        plain = text.isascii() and all(line == " ".join(line.split()) and line.isprintable() for line in lines)
        need(plain and "#" not in text and "**" not in text, "a text that is not in canonical form")
        need(lines[0] == "qffc 1" and lines[-1] == "", "the text does not begin with 'qffc 1', or ends within a line")
        last = 0
        for number, line in enumerate(lines[1:], 2):
            word, _, rest = line.partition(" ")
            try:
                need(not word or RANKS.get(word, OPERATION) >= last, "it is out of order")
                last = RANKS.get(word, OPERATION) if word else last
                if word:
                    self._read(word, rest, wires)
            except (Rejected, ZeroDivisionError, *MALFORMED) as problem:
                raise Rejected(f"line {number} of the program is not understood: {problem}") from None
        need(self.readout is not None, "the program has no readout")
        self.name, self.scope = self.said["program"], self.said["scope"]
        need(self.scope in ("molecule", "pair", "atom"), f"scope {self.scope}")
        self.symmetry, self.average, self.species = (
            [*map(name_of, split(self.said[word]))] if word in self.said else []
            for word in ("symmetry", "average", "species")
        )
        self.channels = int(self.said.get("channels", 1))
        fresh = set(range(len(self.qubits)))
        for word, own, _, _ in self.ops:
            need(
                (word in ("singlet", "zero")) == (not fresh.isdisjoint(own)) == fresh.issuperset(own),
                "a qubit is used before it is prepared, or prepared twice",
            )
            fresh.difference_update(own)
        need(not fresh, "qubits that are not prepared")
        self.values = [op[2] for op in self.ops if op[2] is not None]
        self.nodes = {id(each): each for value in [*self.values, self.readout] for each in walk(value)}.values()
        self.gathered = [name for name, (_, role, _) in self.sites.items() if role == "gathered"]
        need(self.gathered or not self.rounds, "rounds without sums over neighbours")

    def _read(self, word: str, rest: str, wires: dict[str, int]) -> None:
        match word:
            case "program" | "scope" | "symmetry" | "average" | "species" | "channels":
                need(not self.said.get(word), f"a second line '{word}'")
                self.said[word] = rest
            case "site":
                name, element, role, molecule = matched(r"(\w+): (\w+) (\w+)(?: molecule (\w+))?", rest)
                need(element in ["any", *split(self.said["species"])], f"element {element}")
                put(self.sites, name, (None if element == "any" else element, role, molecule))
            case "parameter":
                form = r"(\w+)(?:: ([\w, ]+?))?(?: radial (\w+ \d+ cutoff \S+))?(?: over (\w+))?"
                form += r"(?: default \S+)?(?: frozen)?"
                name, axes, basis, over = matched(form, rest)
                put(self.tables, name, (split(axes) if axes else [], basis, over))
            case "qubit":
                name, site = matched(r"(\w+)(?:: (\w+))?", rest)
                put(self.qubits, name, len(self.qubits))
                wires[name] = self.qubits[name]
                need(site is None or site in self.sites, f"site '{site}'")
                self.site_of.append(site)
            case "generator":
                name, parts = matched(r"(\w+): (.+)", rest)
                put(self.declared, f"generator {name}", self._generator(parts.split(";")))
            case "conserved":
                name, charge = matched(r"(\w+) = (.+)", rest)
                put(self.declared, f"conserved {name}", Symmetry(charge=self._paulis(charge, self.qubits)))
            case "observable":
                name, value = matched(r"(\w+) = (.+)", rest)
                put(self.observables, name, self._paulis(value, wires))
            case "energy" | "atomic":
                need(self.readout is None, "a second readout")
                learned = r"radial \w+ \d+ cutoff \S+"
                form = (
                    rf"(?:weight (.+) features ([\w, ]+?)|feature (.+?))(?: by species)?(?: messages 1 {learned})?"
                    rf"(?: rounds (\d+) vectors \d+ {learned})? head [\w, ]+"
                )
                weight, names, value, rounds = matched(form, rest) if word == "atomic" else (None, None, rest, None)
                self.readout, self.features = tree(weight or value), split(names) if names else []
                self.rounds = int(rounds or 0)
            case "relabel":
                held = {b: wires[a] for a, b in arrows(rest).items()}
                wires.update(held)
            case _:
                self._operation(word, split(re.sub(r" unordered \w+$", "", rest)), wires)

    def _operation(self, word: str, parts: list[str], wires: dict[str, int]) -> None:
        need(word in COUNTS or word == "collective", f"'{word}' is no operation")
        string: Any = self._paulis(parts.pop(0), wires) if word == "pauli_rotation" else None
        count = COUNTS.get(word, len(parts) - 1)
        qubits = tuple(wires[name] for name in parts[:count])
        need(len(set(qubits)) == count and len(parts) == count + (word not in ("singlet", "zero")), "operands")
        if string is not None:
            ((letters, one),) = string.items()
            need(one == 1, "a Pauli string with a factor")
            qubits, string = tuple(q for q, _ in letters), tuple((k, p) for k, (_, p) in enumerate(letters))
        value = tree(parts[count]) if len(parts) > count else None
        self.vectors += [value] if word == "rotate" else []
        if word == "rotate" and value is not None and value[0] == "vector":
            moving = [k for k in range(3) if value[k + 1] != node("number", Fraction(0))]
            if len(moving) == 1:  # about one axis of the laboratory, like a Pauli rotation
                word, value, string = "pauli_rotation", value[moving[0] + 1], ((0, XYZ[moving[0]]),)
        self.ops.append((word, qubits, value, string))

    def _paulis(self, text: str, qubits: dict[str, int]) -> Sum:
        return paulis(tree(re.sub(r"\)\s+(?=[XYZ]\()", ")*", text)), qubits)

    def _generator(self, parts: list[str]) -> Symmetry:
        found, seen = Symmetry(), set[tuple[str, str]]()
        for part in parts:
            word, _, rest = part.strip().partition(" ")
            key = rest.partition(" ")[0] if word == "entries" else word
            need((word, key) not in seen, f"'{word}' twice")
            seen.add((word, key))
            if word == "sites":
                found = replace(found, sites=arrows(rest))
            elif word == "qubits":
                found = replace(found, renaming={self.qubits[a]: self.qubits[b] for a, b in arrows(rest).items()})
            elif word == "paulis":
                ((string, one),) = self._paulis(rest, self.qubits).items()
                need(one == 1, "a Pauli string with a factor")
                found = replace(found, letters=dict(string))
            else:
                name, axes, moves = matched(r"entries (\w+)(?: axes ([\d, ]+):)? (.*)", part.strip())
                sized = [k for k, axis in enumerate(self.tables[name][0]) if axis.isdigit()]
                own = {int(a): int(b) for a, b in arrows(moves).items()}
                chosen = [int(k) for k in axes.split(",")] if axes else sized
                found = replace(found, entries={**found.entries, name: {axis: own for axis in chosen}})
        return found


@dataclass(frozen=True)
class Symmetry:
    """What is replaced: positions, sites, table entries; qubits and spins; or the charge that is conserved."""

    matrix: Any = None
    shift: Any = None
    sites: dict[str, str] = field(default_factory=dict)
    entries: dict[str, dict[int, dict[int, int]]] = field(default_factory=dict)
    renaming: dict[int, int] | None = None
    letters: dict[int, str] = field(default_factory=dict)
    charge: Sum | None = None

    @property
    def of_state(self) -> bool:
        """Whether it says what becomes of states, not of responses alone."""
        return bool(self.renaming is not None or self.letters or not self.of_data)

    @property
    def of_data(self) -> bool:
        """Whether it moves anything that a circuit is given."""
        entries = [a != b for axes in self.entries.values() for moves in axes.values() for a, b in moves.items()]
        return bool(self.matrix or self.shift or any(entries) or any(a != b for a, b in self.sites.items()))


# --- Numbers: modulo a prime, where all that is free is drawn, or in floating point -----------------------------------


class Exact:
    """Numbers modulo a random prime that has roots of unity; what is free is drawn by what it stands for."""

    def __init__(self, program: Program) -> None:
        parts = [part for value in angles(program) for part in terms(value)]
        self.common = 2 * math.lcm(*(coefficient.denominator for coefficient, _ in parts), 1)
        self.order = 24 * math.lcm(*(c.denominator for c, rest in parts if rest == (("pi",),)), 1)
        need(self.order < 1 << 20, "fractions of pi with large denominators")
        while not is_prime(prime := self.order * SOURCE.randrange(1 << (PRIME_BITS - 21), 1 << (PRIME_BITS - 20)) + 1):
            pass
        self.prime = prime
        least = [q for q in range(2, self.order + 1) if self.order % q == 0 and all(q % k for k in range(2, q))]
        unity = 1
        while any(pow(unity, self.order // q, prime) == 1 for q in least):
            unity = pow(SOURCE.randrange(2, prime), prime // self.order, prime)
        self.unity = unity
        self.drawn: dict[Any, int] = {}
        self.roots = {1: 1, 3: (self.cycle(Fraction(1, 12)) + self.cycle(Fraction(-1, 12))) % prime}

    def again(self) -> Exact:
        """The same prime, and nothing drawn yet."""
        other = copy(self)
        other.drawn = {}
        return other

    def mod(self, number: int) -> int:
        return number % self.prime

    def fraction(self, number: Fraction) -> int:
        return number.numerator * self.inverse(number.denominator) % self.prime

    def inverse(self, number: int) -> int:
        if number % self.prime == 0:
            raise Undefined("a quotient by zero")
        return pow(number, -1, self.prime)

    def cycle(self, turns: Fraction) -> int:
        """exp(2 pi i turns)."""
        need((turns * self.order).denominator == 1, "an angle that was not foreseen")
        return int(pow(self.unity, int(turns * self.order), self.prime))

    def free(self, *key: Any) -> int:
        return self.drawn.setdefault(key, SOURCE.randrange(1, self.prime))

    def phase(self, parts: list[tuple[Fraction, int | None]], factor: Fraction, root: int) -> int:
        """exp(i factor sqrt(root) angle), the angle a sum of rational multiples of numbers; None stands for pi."""
        found = 1
        for coefficient, number in parts:
            if number is None and root == 1:
                found = found * self.cycle(coefficient * factor / 2) % self.prime
            elif number != 0:
                size = number if number is None else min(number, self.prime - number)
                power = coefficient * factor * self.common * (1 if size == number else -1)
                need(power.denominator == 1, "an angle that was not foreseen")
                found = found * pow(self.free("phase", root, size), int(power), self.prime) % self.prime
        return found

    def turn(self, square: int) -> tuple[int, int]:
        """C and S with C^2 + S^2 square = 1."""
        free = self.free("turn", square)
        below = self.inverse(1 + square * free * free)
        return (1 - square * free * free) * below % self.prime, 2 * free * below % self.prime

    def length(self, square: int) -> tuple[int, int]:
        """A length and 1 over it; nothing else is said of them, and so nothing wrong of vectors that vanish."""
        return (self.free("length", square), self.free("1/length", square)) if square else (0, 0)

    def function(self, name: str, number: int) -> int:
        size = min(number, self.prime - number) if name == "tanh" else number
        return 0 if name == "tanh" and not size else self.free(name, size) * (1 if size == number else -1)

    def entry(self, name: str, indices: tuple[Any, ...], *more: Any) -> int:
        return self.free("entry", name, indices, *more)

    def cutoff(self, distance: int, radius: Fraction) -> int:
        return self.free("cutoff", distance, radius)

    radial = entry
    small = 0
    """What is larger is no zero."""


class Floating:
    """Floating point, with the tables and species of a counterexample."""

    def __init__(self, program: Program, example: dict[str, Any]) -> None:
        self.program, self.channel = program, example["channel"]
        self.tables: dict[str, tuple[list[int], list[float]]] = {}
        need(type(self.channel) is int, "a channel that is none")
        self.roots, self.noise = {1: 1.0, 3: math.sqrt(3)}, 0.0
        for table in example["parameters"]:
            name, shape, entries = table["name"], list(table["shape"]), [float(x) for x in table["entries"]]
            axes, basis, over = program.tables[name]
            sizes = {"species": len(program.species), "channel": program.channels}
            expected = [sizes[axis] if axis in sizes else int(axis) for axis in axes] + (
                [int(basis.split()[1])] if basis else []
            )
            need(shape == expected and math.prod(shape) == len(entries) and over is None, f"the shape of table {name}")
            need(all(map(math.isfinite, entries)), f"numbers of table {name}")
            put(self.tables, name, (shape, entries))
        need({*self.tables} == {*program.tables} and 0 <= self.channel < program.channels, "tables, or the channel")

    small = 1e-9
    """What is not larger may be rounding."""
    fraction = staticmethod(float)
    inverse = staticmethod(lambda number: 1 / number)

    def mod(self, number: Any) -> Any:
        """A number, rounded more coarsely than it need be where noise is asked for."""
        return number * (1 + self.noise * random.uniform(-1, 1)) if self.noise else number

    def cycle(self, turns: Fraction) -> complex:
        return cmath.exp(2j * math.pi * turns)

    def free(self, *key: Any) -> float:
        return math.pi if key == ("pi",) else 1.0 if key[0] == "weight" else random.Random(str(key)).uniform(0.3, 1.3)

    def phase(self, parts: list[tuple[Fraction, float | None]], factor: Fraction, root: int) -> complex:
        angle = sum(float(coefficient) * (math.pi if number is None else number) for coefficient, number in parts)
        return cmath.exp(1j * self.mod(float(factor) * math.sqrt(root) * angle))

    def turn(self, square: float) -> tuple[float, float]:
        size = self.mod(math.sqrt(square))
        return math.cos(size / 2), math.sin(size / 2) / size if size else 0.5

    def length(self, square: float) -> tuple[float, float]:
        return self.mod(math.sqrt(square)), self.mod(1 / math.sqrt(square)) if square > 1e-24 else 0.0

    def function(self, name: str, number: float) -> float:
        found = getattr(math, name)(max(-1.0, min(1.0, number)) if name == "acos" else number)
        return float(self.mod(found))

    def entry(self, name: str, indices: tuple[Any, ...]) -> float:
        (shape, entries), place = self.tables[name], 0
        for size, index in zip(shape, indices, strict=True):
            index = {"channel": self.channel}.get(index, index)
            index = self.program.species.index(index) if isinstance(index, str) else index
            need(0 <= index < size, f"an index of {name}")
            place = place * size + index
        return entries[place]

    def cutoff(self, distance: float, radius: Fraction) -> float:
        x = min(distance / float(radius), 1.0)
        return float(self.mod(1 - 28 * x**6 + 48 * x**7 - 21 * x**8))

    def radial(self, name: str, indices: tuple[Any, ...], distance: float) -> float:
        kind, size, _, radius = str(self.program.tables[name][1]).split()
        cut, count, t = float(Fraction(radius)), int(size), 2 * distance / float(Fraction(radius)) - 1
        rows, safe = [1.0, t], max(distance, 1e-6)
        while len(rows) < count:
            rows.append(2 * t * rows[-1] - rows[-2])
        if kind == "bessel":
            rows = [math.sqrt(2 / cut) * math.sin((k + 1) * math.pi / cut * safe) / safe for k in range(count)]
        sums = sum(self.entry(name, (*indices, k)) * rows[k] for k in range(count))
        return float(self.mod(self.cutoff(distance, Fraction(radius)) * sums))


def is_prime(number: int) -> bool:
    """The test of Miller and Rabin, wrong with a probability below 2 to minus 100."""
    low = (number - 1) & (1 - number)
    for _ in range(50 if all(number % k for k in range(3, 2000, 2)) else 0):
        x = pow(SOURCE.randrange(2, number - 1), (number - 1) // low, number)
        seen = [x := x * x % number if k else x for k in range(low.bit_length() - 1)]
        if seen[0] != 1 and number - 1 not in seen:
            return False
    return all(number % k for k in range(3, 2000, 2))


def angles(program: Program) -> list[Any]:
    """All values whose cosines and sines enter."""
    return [op[2] for op in program.ops if op[0] not in ("rotate", "singlet", "zero")] + [
        each[1] for each in program.nodes if each[0] in ("cos", "sin")
    ]


def terms(value: Any) -> list[tuple[Fraction, tuple[Any, ...]]]:
    """A value as a sum of products: of each its rational factor and all others."""
    if value[0] == "add":
        return [term for part in summands(value) for term in terms(part)]
    if value[0] == "number":
        return [(value[1], ())]
    if value[0] != "mul":
        return [(Fraction(1), (value,))]
    (one, *more), (other, *others) = terms(value[1]), terms(value[2])
    if more or others:  # a product with a sum in it is one factor, but for numbers in front
        numbers, rest = ([one], value[2]) if not (more or one[1]) else ([], value)
        return [(numbers[0][0] if numbers else Fraction(1), (rest,))]
    return [(one[0] * other[0], one[1] + other[1])]


# --- Values, states and responses at a place --------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where atoms are and of which species; whose tables are read; the matrix that has turned what atoms carry."""

    at: dict[str, tuple[Any, ...]]
    species: dict[str, str]
    atoms: dict[str, str]
    ghosts: frozenset[str] = frozenset()
    neighbours: tuple[str, ...] = ()
    entries: dict[str, dict[int, dict[int, int]]] = field(default_factory=dict)
    matrix: Any = None


class Values:
    """Numbers and vectors of a program at a place."""

    def __init__(self, program: Program, numbers: Any, place: Place) -> None:
        self.program, self.numbers, self.place, self.mod = program, numbers, place, numbers.mod
        self.known: dict[Any, Any] = {}
        self.bound: dict[str, str] = {}
        self.moment: Callable[[Sum], Any] | None = None

    def __call__(self, value: Any) -> Any:
        key = (id(value), *self.bound.items()) if value[0] != "sum" else id(value)
        if key not in self.known:
            self.known[key] = self._of(*value)
        return self.known[key]

    def _of(self, kind: str, *parts: Any) -> Any:
        n, mod = self.numbers, self.mod
        match kind:
            case "number":
                return n.fraction(parts[0])
            case "pi":
                return n.free("pi")
            case "entry":
                return n.entry(parts[0], indices) if (indices := self._indices(parts)) is not None else 0
            case "add":
                return self._added(*map(self, parts))
            case "mul":
                a, b = map(self, parts)
                a, b = (b, a) if isinstance(a, tuple) else (a, b)
                return tuple(mod(a * x) for x in b) if isinstance(b, tuple) else mod(a * b)
            case "power":
                lengths = parts[0][0] == "norm" and parts[1] % 2 == 0  # the square of a length is an inner product
                base = self.square(self(parts[0][1])) if lengths else self(parts[0])
                parts = (parts[0], parts[1] // 2) if lengths else parts
                base = n.inverse(base) if parts[1] < 0 else base
                return pow(base, abs(parts[1]), n.prime) if isinstance(n, Exact) else base ** abs(parts[1])
            case "x":
                return self.place.at[self._site(parts[0])]
            case "r":
                a, b = (self.place.at[self._site(part)] for part in parts)
                return tuple(mod(y - x) for x, y in zip(a, b, strict=True))
            case "norm":
                return n.length(self.square(self(parts[0])))[0]
            case "unit":
                v = self(parts[0])
                return tuple(mod(n.length(self.square(v))[1] * x) for x in v)
            case "dot":
                return mod(sum(x * y for x, y in zip(*map(self, parts), strict=True)))
            case "cross":
                (a, b, c), (x, y, z) = map(self, parts)
                return mod(b * z - c * y), mod(c * x - a * z), mod(a * y - b * x)
            case "component":
                return self(parts[0])["xyz".index(parts[1][1])]
            case "vector":
                return tuple(map(self, parts))
            case "cutoff" | "radial":
                distance = parts[0] if kind == "cutoff" else parts[1]
                indices = () if kind == "cutoff" else self._indices(parts[0][1:])
                if indices is None or self._fades(distance):
                    return 0
                if kind == "radial":
                    return n.radial(parts[0][1], indices, self(distance))
                need(parts[1][0] == "number", "a cutoff at no number")
                return n.cutoff(self(distance), parts[1][1])
            case "cos" | "sin":
                phase = [n.phase(self.terms(parts[0]), Fraction(sign), 1) for sign in (1, -1)]
                i, half = n.cycle(Fraction(1, 4)), n.inverse(2)
                found = mod((phase[0] + phase[1]) * half if kind == "cos" else (phase[1] - phase[0]) * i * half)
                return found.real if isinstance(found, complex) else found
            case "sqrt":
                return n.length(self(parts[0]))[0]
            case "acos" | "exp" | "log" | "tanh":
                return n.function(kind, self(parts[0]))
            case "moment":
                need(self.moment, "a moment where none is")
                return self.moment(self.program.observables[parts[0][1]])  # type: ignore[misc]
            case "sum":
                total, outer = None, self.bound
                for name in self.place.neighbours:
                    # Each neighbour with a weight: a sum is a polynomial in weights, whatever their number.
                    self.bound, weight = {parts[0][1]: name}, n.free("weight", name)
                    one = self(parts[1])
                    one = tuple(mod(weight * x) for x in one) if isinstance(one, tuple) else mod(weight * one)
                    total = one if total is None else self._added(total, one)
                self.bound = outer
                return total
            case "scalars" | "vectors":
                need(isinstance(n, Exact), "what atoms carry, in numbers")
                key = (
                    "carried",
                    kind,
                    parts[0][1],
                    self._indices(parts[0][1:]),
                    self.place.atoms[self._site(parts[1])],
                )
                if kind == "scalars":
                    return n.free(*key)
                vector = tuple(n.free(*key, axis) for axis in range(3))
                return applied(self.place.matrix, vector, mod)
        raise Rejected(f"'{kind}' is no value")

    def _added(self, a: Any, b: Any) -> Any:
        if isinstance(a, tuple):
            return tuple(self.mod(x + y) for x, y in zip(a, b, strict=True))
        return self.mod(a + b)

    def _site(self, name: Any) -> str:
        return self.bound.get(name[1], str(name[1]))

    def _indices(self, entry: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The indices of an entry where they are read; None when it is that of a ghost."""
        found: list[Any] = []
        axes, moves = self.program.tables[entry[0]][0], self.place.entries.get(entry[0], {})
        for axis, (kind, index) in enumerate(zip(axes, entry[1:], strict=True)):
            need(axis not in moves or isinstance(index, int), "an index that moves and is no number")
            if isinstance(index, int):
                need(kind.isdigit() and index < int(kind), f"index {index} of {entry[0]}")
                found.append(moves.get(axis, {}).get(index, index))
                continue
            need(kind == ("species" if isinstance(index, tuple) else index), f"index {index} of {entry[0]}")
            site = self.bound.get(index[1], index[1]) if isinstance(index, tuple) else None
            if site in self.place.ghosts:
                return None
            found.append(index if site is None else self.place.species[site])
        return tuple(found)

    def _fades(self, distance: Any) -> bool:
        """Whether a distance depends on where a ghost is: it is computed with ghosts at two other places each."""
        named = {
            part[1] for each in walk(distance) for part in each[1:] if isinstance(part, tuple) and part[0] == "entry"
        }
        if not named & self.place.ghosts:
            return False
        seen = []
        for time in range(2):
            aside = {g: tuple(self.numbers.free("aside", time, g, k) for k in range(3)) for g in self.place.ghosts}
            place = replace(self.place, at={**self.place.at, **aside}, ghosts=frozenset())
            seen.append(Values(self.program, self.numbers, place)(distance))
        need(seen[0] != seen[1], "a ghost that cancels")
        return True

    def square(self, v: tuple[Any, ...]) -> Any:
        return self.mod(sum(x * x for x in v))

    def terms(self, angle: Any) -> list[tuple[Fraction, Any]]:
        found = []
        for coefficient, factors in terms(angle):
            number: Any = 1
            for factor in factors:
                number = self.mod(number * self(factor))
            found.append((coefficient, None if factors == (("pi",),) else number))
        return found

    def response(self, moment: Callable[[Sum], Any]) -> list[Any]:
        """What is seen, with these expectation values of Pauli strings."""
        program, self.moment = self.program, moment
        self.known.clear()  # moments are other ones each time
        value = self(program.readout)
        return [self.mod(value * moment(program.observables[name])) for name in program.features] or [value]

    def generator(self, word: str, qubits: tuple[int, ...], value: Any, string: Any) -> Sum:
        """G, up to a factor: the operation is exp(-i G)."""
        if word == "rotate":
            half = self.numbers.inverse(2)
            return {((qubits[0], p),): self.mod(half * x) for p, x in zip(XYZ, self(value), strict=True) if x}
        t = self(value)
        found = {
            tuple(sorted((qubits[k], p) for k, p in own)): self.mod(t * self.numbers.fraction(c))
            for own, c in coupling(word, string, len(qubits))[0].items()
        }
        return {own: number for own, number in found.items() if number}

    def state(self, conjugated: bool = False) -> list[Any]:
        """The state, without a factor 1/sqrt(2) for each singlet, or its complex conjugate."""
        n, mod, count = self.numbers, self.mod, len(self.program.qubits)
        sign, state = -1 if conjugated else 1, [0] * (1 << count)
        state[0] = 1
        i = n.cycle(Fraction(sign, 4))
        for word, qubits, value, string in self.program.ops:
            bits = [1 << (count - 1 - q) for q in qubits]
            if word == "singlet":
                fresh = [0] * len(state)
                for k, x in enumerate(state):
                    if x:
                        fresh[k | bits[1]], fresh[k | bits[0]] = x, mod(-x)
                state = fresh
            elif word == "rotate":
                v = self(value)
                c, s = n.turn(self.square(v))
                turned = image(
                    {((qubits[0], p),): mod(x * s) for p, x in zip(XYZ, v, strict=True)}, state, count, i, mod
                )
                state = [mod(c * x - i * y) for x, y in zip(state, turned, strict=True)]
            elif word != "zero":
                strings, levels = coupling(word, string, len(qubits))
                whole = {tuple((qubits[k], p) for k, p in own): n.fraction(c) for own, c in strings.items()}
                numbers = [mod(n.fraction(level) * n.roots[root]) for level, root in levels]
                parts = self.terms(value)
                powers = [state]
                while len(powers) < len(levels):
                    powers.append(image(whole, powers[-1], count, i, mod))
                weights: list[Any] = [0] * len(levels)
                for k, (level, root) in enumerate(levels):
                    phase = n.phase(parts, -sign * level, root)
                    for power, x in enumerate(lagrange(numbers, k, n)):
                        weights[power] = mod(weights[power] + phase * x)
                state = [
                    mod(sum(w * x for w, x in zip(weights, column, strict=True)))
                    for column in zip(*powers, strict=True)
                ]
        return state

    def moments(self) -> Callable[[Sum], Any]:
        """Expectation values in the state of the circuit."""
        n, mod, count = self.numbers, self.mod, len(self.program.qubits)
        ket, bra = self.state(), self.state(conjugated=True)
        scale = n.inverse(2 ** sum(op[0] == "singlet" for op in self.program.ops))

        def moment(observable: Sum) -> Any:
            turned = image({s: n.fraction(c) for s, c in observable.items()}, ket, count, n.cycle(Fraction(1, 4)), mod)
            found = mod(sum(a * b for a, b in zip(bra, turned, strict=True)) * scale)
            return found.real if isinstance(found, complex) else found

        return moment


def applied(matrix: Any, v: tuple[Any, ...], mod: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A matrix, or none, times a vector."""
    return v if matrix is None else tuple(mod(sum(a * x for a, x in zip(row, v, strict=True))) for row in matrix)


def image(strings: Sum, state: list[Any], count: int, i: Any, mod: Callable[[Any], Any]) -> list[Any]:
    """A sum of Pauli strings applied to a state; i is the root of -1."""
    total: list[Any] = [0] * len(state)
    for string, number in strings.items():
        flip = sum(1 << (count - 1 - q) for q, p in string if p != "Z")
        signed = sum(1 << (count - 1 - q) for q, p in string if p != "X")
        factor = mod(number * mod(i ** (sum(p == "Y" for _, p in string) % 4)))
        for k, x in enumerate(state):
            if x:
                total[k ^ flip] += -factor * x if (k & signed).bit_count() & 1 else factor * x
    return [mod(x) for x in total]


def lagrange(levels: list[Any], k: int, n: Any) -> list[Any]:
    """Coefficients of the polynomial that is 1 at one level and 0 at the others."""
    found: list[Any] = [1]
    for other, level in enumerate(levels):
        if other != k:
            below = n.inverse(n.mod(levels[k] - level))
            found = [n.mod((a - level * b) * below) for a, b in zip([0, *found], [*found, 0], strict=True)]
    return found


# --- Operations one by one --------------------------------------------------------------------------------------------


def renamed(strings: Sum, places: dict[int, int], turns: Callable[[int], Any], mod: Callable[[Any], Any]) -> Sum:
    """Pauli strings with their qubits renamed, and the spin of each then turned by a matrix, or none."""
    total: Sum = {}
    for string, number in strings.items():
        options = []
        for q, p in string:
            matrix, place = turns(places.get(q, q)), places.get(q, q)
            column = [(XYZ.index(p), 1)] if matrix is None else [(k, matrix[k][XYZ.index(p)]) for k in range(3)]
            options.append([(place, XYZ[k], x) for k, x in column if x])
        need(math.prod(map(len, options)) <= 1 << 14, "too many Pauli strings")
        for choice in product(*options):
            key = tuple(sorted((q, p) for q, p, _ in choice))
            factor = number
            for _, _, x in choice:
                factor = mod(factor * x)
            total[key] = mod(total.get(key, 0) + factor)
    return {string: number for string, number in total.items() if number}


def still(qubit: int) -> Any:
    """The matrix of a spin that is not turned."""
    return None


def same_for_all(matrix: Any, qubit: int) -> Any:
    """The matrix of every spin."""
    return matrix


def flip(letter: str, mod: Callable[[Any], Any]) -> Any:
    """What conjugation by a Pauli letter does to a spin: half a turn about its axis."""
    return tuple(tuple(mod((1 if XYZ[a] == letter else -1) * (a == b)) for b in range(3)) for a in range(3))


def commutator(one: Sum, other: Sum, mod: Callable[[Any], Any]) -> Sum:
    """The commutator over 2i."""
    total: Sum = {}
    for a, x in one.items():
        for b, y in other.items():
            left, right, sign = dict(a), dict(b), 0
            found = {}
            for q in {**left, **right}:
                p, r = left.get(q), right.get(q)
                if p and r and p != r:
                    step = (XYZ.index(r) - XYZ.index(p)) % 3
                    sign += 1 if step == 1 else 3
                    found[q] = XYZ[3 - XYZ.index(p) - XYZ.index(r)]
                elif p != r:
                    found[q] = p or r or ""
            if sign % 2:
                key = tuple(sorted(found.items()))
                total[key] = mod(total.get(key, 0) + (x * y if sign % 4 == 1 else -x * y))
    return {string: number for string, number in total.items() if number}


Letter = tuple[str, frozenset[int], Sum]


def word_of(values: Values, places: dict[int, int], turns: Callable[[int], Any]) -> list[Letter]:
    """The operations with their qubits renamed and spins turned; those that do nothing are left out."""
    found: list[Letter] = []
    for word, qubits, value, string in values.program.ops:
        own = frozenset(places.get(q, q) for q in qubits)
        if value is None:
            matrices = [turns(q) for q in own]
            same = (
                all(m == matrices[0] for m in matrices)
                if word == "singlet"
                else matrices[0] is None or ([row[2] for row in matrices[0]] == [0, 0, 1])
            )
            need(same, "the state that is prepared is turned")
            found.append((word, own, {}))
        elif strings := values.generator(word, qubits, value, string):
            found.append(("gate", own, renamed(strings, places, turns, values.mod)))
    return found


def same_word(one: list[Letter], other: list[Letter], mod: Callable[[Any], Any]) -> bool:
    """Whether two lists of operations are one up to the order of those that commute."""
    if len(one) != len(other):
        return False
    rest = list(other)
    for letter in one:
        for place, each in enumerate(rest):
            if each == letter:
                del rest[place]
                break
            apart = not letter[1] & each[1]
            if not apart and (letter[0] != "gate" or each[0] != "gate" or commutator(letter[2], each[2], mod)):
                return False
        else:
            return False
    return True


def functional(values: Values, places: dict[int, int], turns: Callable[[int], Any]) -> Callable[[Sum], Any]:
    """Expectation values in a state of which nothing is known: a free number for each Pauli string."""
    n = values.numbers

    def moment(observable: Sum) -> Any:
        whole = renamed({s: n.fraction(c) for s, c in observable.items()}, places, turns, n.mod)
        return n.mod(sum(x * (n.free("moment", s) if s else 1) for s, x in whole.items()))

    return moment


def fits(before: Values, after: Values, places: dict[int, int], turns: Callable[[int], Any]) -> bool:
    """Whether the circuit after a symmetry, renamed and turned, is the one before it, and its readout too."""
    try:
        words = word_of(after, places, turns), word_of(before, {}, still)
        same = same_word(*words, before.mod)
        return same and after.response(functional(after, places, turns)) == before.response(
            functional(before, {}, still)
        )
    except Rejected:
        return False


# --- Symmetries: which are declared, and whether they hold ------------------------------------------------------------


def like(program: Program, strict: bool = False) -> list[tuple[str, dict[str, str]]]:
    """Exchanges of neighbouring like sites, and of neighbouring like molecules: their names, and what trades places."""
    found, names = [], list(program.sites)
    kinds: dict[str | None, dict[tuple[str | None, str], list[str]]] = {}
    for k, name in enumerate(names):
        element, role, molecule = program.sites[name]
        kinds.setdefault(molecule, {}).setdefault((element, role), []).append(name)
        for other in names[k + 1 :]:
            second = program.sites[other]
            free = not strict and None in (element, second[0])
            if second[1:] == (role, molecule) and (free or second[0] == element):
                found.append((f"exchange {name} {other}", {name: other, other: name}))
                break
    classes: dict[Any, list[str | None]] = {}
    for molecule, own in kinds.items():
        classes.setdefault(frozenset((kind, len(members)) for kind, members in own.items()), []).append(molecule)
    for molecules in classes.values():
        for a, b in zip(molecules, molecules[1:], strict=False):
            pairs = [p for kind, own in kinds[a].items() for p in zip(own, kinds[b][kind], strict=True)]
            found.append((f"exchange molecules {a} {b}", {**dict(pairs), **{y: x for x, y in pairs}}))
    return found


def expected(program: Program) -> dict[str, Symmetry]:
    """Every symmetry that the program declares, by the names that verdicts have."""
    found: dict[str, Symmetry] = {}
    for name in program.symmetry:
        if name == "rotation":
            found[name] = Symmetry(matrix="turn")
        elif name == "inversion":
            found[name] = Symmetry(matrix="mirror")
        elif name == "translation":
            found[name] = Symmetry(shift="shift")
        elif name == "exchange":
            pairs = [] if program.gathered else like(program)
            found |= {title: Symmetry(sites=moves) for title, moves in pairs}
            if not pairs:
                found["exchange neighbours" if program.gathered else "exchange"] = Symmetry(matrix="none")
        else:
            raise Rejected(f"'{name}' is no symmetry")
    return found | program.declared


def copies(program: Program, place: Place, mod: Callable[[Any], Any]) -> list[Place]:
    """The places whose responses are averaged."""
    found, orders = [], [{name: name for name in program.sites}]
    if "exchange" in program.average:
        for order in orders:
            for _, moves in like(program, strict=True):
                if (new := {name: order[moves.get(name, name)] for name in order}) not in orders:
                    need(len(orders) < MOST_COPIES, "too many copies of the circuit")
                    orders.append(new)
    for sign in (1, -1) if "inversion" in program.average else (1,):
        flip = None if sign == 1 else tuple(tuple(-(a == b) for b in range(3)) for a in range(3))
        for order in orders:
            at = {name: tuple(mod(sign * x) for x in place.at[order.get(name, name)]) for name in place.at}
            atoms = {name: place.atoms[order.get(name, name)] for name in place.atoms}
            found.append(replace(place, at=at, atoms=atoms, matrix=times(flip, place.matrix, mod)))
    return found


def times(one: Any, other: Any, mod: Callable[[Any], Any]) -> Any:
    """The product of two matrices, either of which may be none."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(
        tuple(mod(sum(a * b for a, b in zip(row, column, strict=True))) for column in zip(*other, strict=True))
        for row in one
    )


def quaternion(n: Exact, a: Any, b: Any, c: Any, d: Any) -> Any:
    """A rotation matrix."""
    over = n.inverse(a * a + b * b + c * c + d * d)
    rows = (
        (a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)),
        (2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)),
        (2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d),
    )
    return tuple(tuple(x * over % n.prime for x in row) for row in rows)


class Check:
    """Whether one symmetry of a program holds, decided at a random place."""

    def __init__(self, program: Program, numbers: Exact, symmetry: Symmetry, witness: Any = None) -> None:
        self.program, self.symmetry, self.n = program, symmetry, numbers.again()
        named = isinstance(witness, dict) and isinstance(witness.get("qubits"), list)
        pairs = [pair for pair in witness["qubits"] if isinstance(pair, list) and len(pair) == 2] if named else []
        known = {program.qubits.get(str(a)): program.qubits.get(str(b)) for a, b in pairs}
        self.given: dict[int, int] = {a: b for a, b in known.items() if a is not None and b is not None}
        self.letter = witness.get("letter") if named else None
        need({*self.given} == {*self.given.values()}, "a renaming of qubits that is none")
        self.matrix = self._matrix()

    def _matrix(self) -> Any:
        free, kind = self.n.free, self.symmetry.matrix
        if kind == "turn":
            return quaternion(self.n, *(free("quaternion", k) for k in range(4)))
        if isinstance(kind, str) and kind[:5] == "about":
            axis = "xyz".index(kind[-1])
            return quaternion(self.n, free("half"), *(free("axis") if k == axis else 0 for k in range(3)))
        return tuple(tuple(-(a == b) % self.n.prime for b in range(3)) for a in range(3)) if kind == "mirror" else None

    def places(self, ghosts: frozenset[str] = frozenset()) -> tuple[Place, Place]:
        """A random place, and the one after the symmetry."""
        program, free, moves = self.program, self.n.free, self.symmetry.sites
        neighbours = tuple(f"{k}" for k in range(self._neighbours())) if program.gathered else ()
        names = [name for name in program.sites if name not in program.gathered] + list(neighbours)
        centre = next((name for name, site in program.sites.items() if site[1] == "centre"), "")
        at = {name: tuple(free("at", centre if name in ghosts else name, k) for k in range(3)) for name in names}
        elements = {name: element for name, (element, _, _) in program.sites.items()}
        species = {name: elements.get(name) or f"of {name}" for name in names}
        for start in moves:
            cycle = [start]
            while moves.get(cycle[-1], start) != start:
                cycle.append(moves[cycle[-1]])
            known = [program.sites[name][0] for name in cycle if program.sites[name][0]]
            need(len({*known}) < 2, "sites of different elements trade places")
            species.update(dict.fromkeys(cycle, str(known[0]) if known else f"of {min(cycle)}"))
        before = Place(at, species, {name: name for name in names}, ghosts, neighbours)
        shift = tuple(free("shift", k) if self.symmetry.shift else 0 for k in range(3))
        taken = {name: moves.get(name, name) for name in names}
        new = {
            name: tuple(map(sum, zip(applied(self.matrix, at[taken[name]], self.n.mod), shift, strict=True)))
            for name in names
        }
        new = {name: tuple(map(self.n.mod, r)) for name, r in new.items()}
        return before, replace(before, at=new, atoms=taken, entries=self.symmetry.entries, matrix=self.matrix)

    def _neighbours(self) -> int:
        """More than factors that are sums stand in any product, at both ends."""
        known: dict[int, int] = {}

        def degree(value: Any) -> int:
            if id(value) not in known:
                parts = [degree(part) for part in value[1:] if isinstance(part, tuple) and value[0] != "entry"]
                found = sum(parts) + (value[0] == "sum")
                known[id(value)] = found * abs(value[2]) if value[0] == "power" else found
            return known[id(value)]

        count = 2 * max(map(degree, [*self.program.values, self.program.readout])) + 2
        need(count <= MOST_NEIGHBOURS, "too many sums over neighbours in one product")
        return count

    def holds(self) -> str:
        """Why it is not confirmed; empty when it is."""
        if self.symmetry.matrix == "none":  # nothing is alike, or neighbours enter through sums alone
            values = Values(self.program, self.n, self.places()[0])
            values.response(functional(values, {}, still))
            word_of(values, {}, still)
            return ""
        self._need_bits(len(copies(self.program, self.places()[0], self.n.mod)))
        slots = [name for name, site in self.program.sites.items() if site[1] == "neighbour"]
        moved = max((k for k, name in enumerate(slots) if name in self.symmetry.sites), default=-1)
        ghosts = [frozenset(slots[k:]) for k in range(moved + 1, len(slots))] if self.program.scope == "atom" else []
        return next((why for each in [frozenset[str](), *ghosts] if (why := self._holds_with(each))), "")

    def _holds_with(self, ghosts: frozenset[str]) -> str:
        try:
            if self.symmetry.charge is not None:
                return self._charge(self.places(ghosts)[0])
            return self._holds(*self.places(ghosts))
        except Undefined:
            if ghosts:
                return ""  # so few atoms have no response at all
            raise

    def _holds(self, before: Place, after: Place) -> str:
        first, second = ([*copies(self.program, place, self.n.mod)] for place in (before, after))
        values = [Values(self.program, self.n, place) for place in first]
        if self.program.rounds and (why := self._carried(first + second)):
            return why
        rest = list(values)
        for k, place in enumerate(second):
            image = Values(self.program, self.n, place)
            match = next((own for own in rest if own.place == replace(place, matrix=own.place.matrix)), None)
            if match is None or self.symmetry.of_state:
                match = values[k] if values[k] in rest and self._fits(values[k], image) else None
            if match is None:
                return self._by_states(values, [Values(self.program, self.n, each) for each in second])
            rest.remove(match)
        return ""

    def _carried(self, places: list[Place]) -> str:
        """Whether what turns qubits turns as a polar vector does, for that is what atoms carry on."""
        if not any(each[0] == "vectors" for each in self.program.nodes):
            return ""
        base, *others = (Values(self.program, self.n, place) for place in places)
        for vector in self.program.vectors:
            if any(other(vector) != applied(other.place.matrix, base(vector), self.n.mod) for other in others):
                return "a vector that atoms carry does not turn as a polar one"
        return ""

    def _fits(self, before: Values, after: Values) -> bool:
        mod = self.n.mod
        sites: dict[str | None, list[int]] = {}
        for q, site in enumerate(self.program.site_of):
            sites.setdefault(site, []).append(q)
        order = {
            a: b
            for s, t in self.symmetry.sites.items()
            for a, b in zip(sites.get(s, []), sites.get(t, []), strict=False)
        }
        renamings = [self.given, order, {}]
        renamings = [self.symmetry.renaming or {}] if self.symmetry.of_state else renamings
        own = {q: flip(p, mod) for q, p in self.symmetry.letters.items()}
        turns: list[Callable[[int], Any]] = [own.get]
        if not own:
            alike = [*self._turns(before), *(flip(p, mod) for p in XYZ if p == self.letter)]
            turns += [partial(same_for_all, matrix) for matrix in alike]
        tried = [
            places
            for k, places in enumerate(renamings)
            if places not in renamings[:k] and {*places} == {*places.values()}
        ]
        return any(fits(before, after, places, turn) for turn in turns for places in tried)

    def _turns(self, before: Values) -> list[Any]:
        """Turns of all spins that may undo the symmetry: that of space, or, in a plane, by pi about the normal."""
        n = self.n
        if self.symmetry.matrix != "mirror":
            return [] if self.matrix is None else [tuple(zip(*self.matrix, strict=True))]  # back again
        vectors = [v for op in self.program.ops if op[0] == "rotate" for v in [before(op[2])] if any(v)]
        normals = [vectors[0]] if vectors else []
        for v in [*vectors[1:], tuple(n.free("aside", k) for k in range(3))] if vectors else []:
            (a, b, c), (x, y, z) = vectors[0], v
            normals.append((n.mod(b * z - c * y), n.mod(c * x - a * z), n.mod(a * y - b * x)))
        chosen = [v for v in normals if any(v)][:2]
        return [quaternion(n, 0, *v) for v in chosen if before.square(v)]

    def _by_states(self, before: list[Values], after: list[Values]) -> str:
        """By states: the responses are equal, or the states themselves up to what the symmetry does to them."""
        program, n = self.program, self.n
        count, symmetry = len(program.qubits), self.symmetry
        strings = sum(len(coupling(op[0], op[3], len(op[1]))[0]) for op in program.ops if op[0] in POWERS)
        strings += len(program.ops) + sum(map(len, program.observables.values()))
        work = (1 << min(count, 40)) * strings * len(before)
        if program.gathered or count > MOST_QUBITS or work > MOST_WORK:
            raise OutOfReach("operations do not fit one by one, and states are out of reach")
        if not symmetry.of_state and not symmetry.renaming and not symmetry.letters:
            scale = n.inverse(len(before))
            means = [
                [n.mod(sum(column) * scale) for column in zip(*(v.response(v.moments()) for v in side), strict=True)]
                for side in (before, after)
            ]
            return "" if means[0] == means[1] else "responses differ"
        places, turns = symmetry.renaming or {}, {q: flip(p, n.mod) for q, p in symmetry.letters.items()}
        for old, new in zip(before, after, strict=True):
            turned = image_of_state(new.state(), symmetry, count, n.cycle(Fraction(1, 4)), n.mod)
            seen = [
                each.response(functional(each, *how)) for each, how in ((old, ({}, still)), (new, (places, turns.get)))
            ]
            if seen[0] != seen[1] or not parallel(old.state(), turned, n.mod):
                return "states or what is read of them differ"
        return ""

    def _charge(self, place: Place) -> str:
        """The state is an eigenstate of the charge, and what the readout sees commutes with it."""
        program, n = self.program, self.n
        charge = {s: n.fraction(c) for s, c in (self.symmetry.charge or {}).items()}
        values, count = Values(program, n, place), len(program.qubits)
        gates = [values.generator(*op) for op in program.ops if op[0] not in ("singlet", "zero")]
        if not prepares_eigenstate(program, charge, n) or any(commutator(charge, gate, n.mod) for gate in gates):
            work = (len(program.ops) + len(charge)) << min(count, 40)
            if program.gathered or count > MOST_QUBITS or work > MOST_WORK:
                raise OutOfReach("operations do not commute with the charge one by one, and states are out of reach")
            state = values.state()
            if not parallel(state, image(charge, state, count, n.cycle(Fraction(1, 4)), n.mod), n.mod):
                return "the state is no eigenstate of the charge"
        return "what the readout sees does not commute with the charge" if readout_moves(values, charge) else ""

    def _need_bits(self, count: int) -> None:
        """That the identity is wrong with a probability below 2^-80, by the degree of what is compared."""
        known: dict[int, int] = {}

        def degree(value: Any) -> int:
            if id(value) not in known:
                kind, parts = value[0], [degree(part) for part in value[1:] if isinstance(part, tuple)]
                of_parts = sum(parts) * (len(self.places()[0].neighbours) if kind == "sum" else 1)
                size = abs(value[2]) if kind == "power" else 1 if kind in ("add", "mul") else 4
                known[id(value)] = 40 if kind in ("entry", "number", "pi", "Z") else 4 + size * of_parts
            return known[id(value)]

        def power(value: Any) -> int:
            return sum(int(abs(c) * self.n.common) * 20 + degree(value) + 20 for c, _ in terms(value))

        circuit = sum(
            degree(value) + (0 if word == "rotate" else power(value)) for word, _, value, _ in self.program.ops if value
        )
        circuit = 40 * (circuit + sum(power(value) for value in angles(self.program)) + 1)
        whole = 4 * count * circuit * (degree(self.program.readout) + 1)
        pairs = (len(self.n.drawn) + 100 * len(known) * count) ** 2
        need(math.log2(pairs * whole) + BITS < PRIME_BITS - 40, "the degree of the response is too large")


def image_of_state(state: list[Any], symmetry: Symmetry, count: int, i: Any, mod: Callable[[Any], Any]) -> list[Any]:
    """A state with its qubits renamed, and then a Pauli string applied."""
    bits = [(1 << (count - 1 - q), 1 << (count - 1 - (symmetry.renaming or {}).get(q, q))) for q in range(count)]
    moved = [0] * len(state)
    for k, x in enumerate(state):
        moved[sum(b for a, b in bits if k & a)] = x
    return image({tuple(sorted(symmetry.letters.items())): 1}, moved, count, i, mod)


def prepares_eigenstate(program: Program, charge: Sum, n: Any) -> bool:
    """Whether the prepared state is an eigenstate: each string is brought to one on halves of singlets, or X on |0>."""
    partner: dict[int, int | None] = {}
    for word, qubits, _, _ in program.ops:
        if word in ("singlet", "zero"):
            partner.update({qubits[0]: qubits[-1] if word == "singlet" else None})
    left: Sum = {}
    for string, number in charge.items():
        letters, found, power = dict(string), [], 0
        for first, other in partner.items():
            p, q = letters.get(first), None if other is None else letters.get(other)
            if other is None:  # Z|0> = |0>, Y|0> = iX|0>
                power += p == "Y"
                found += [(first, "X")] if p in ("X", "Y") else []
                continue
            power += 2 * (p is not None)  # a letter on one half is minus that letter on the other
            if p and q and p != q:  # minus q p, and q p is i or -i times the third letter
                power += 1 if (XYZ.index(p) - XYZ.index(q)) % 3 == 1 else 3
                found.append((other, XYZ[3 - XYZ.index(p) - XYZ.index(q)]))
            elif p != q:
                found.append((other, p or q or ""))
        if found:
            key = tuple(sorted(found))
            left[key] = n.mod(left.get(key, 0) + number * n.cycle(Fraction(power % 4, 4)))
    return not any(left.values())


def readout_moves(values: Values, charge: Sum) -> Any:
    """Zero when what the readout sees commutes with a charge: each operator, or, of a linear energy, their sum."""
    program, n = values.program, values.numbers
    exact = {name: {s: n.fraction(c) for s, c in o.items()} for name, o in program.observables.items()}
    left = {name: commutator(charge, o, n.mod) for name, o in exact.items()}
    used = program.features or {each[1][1] for each in program.nodes if each[0] == "moment"}
    moved = [abs(x) for name in used for x in left[name].values()]
    if program.features or not moved:
        return max(moved, default=0)
    names = {id(observable): name for name, observable in program.observables.items()}
    free = {name: n.free("slope", name) for name in left}
    mean = functional(values, {}, still)

    def energy(moment: Callable[[str], Any]) -> Any:
        return Values(program, n, values.place).response(lambda o: moment(names[id(o)]))[0]

    scaled = [{name: n.mod(times * number) for name, number in free.items()} for times in (0, 1, 2)]
    start, one, two = (energy(each.__getitem__) for each in scaled)
    bent = abs(n.mod(two - 2 * one + start))
    return max(moved) if bent > n.small else abs(n.mod(energy(lambda name: mean(left[name])) - start))


def parallel(one: list[Any], other: list[Any], mod: Callable[[Any], Any]) -> bool:
    """Whether the second state is a multiple of the first one."""
    k = next(k for k, x in enumerate(one) if x)
    return all(mod(one[k] * y - other[k] * x) == 0 for x, y in zip(one, other, strict=True))


# --- Certificates -----------------------------------------------------------------------------------------------------


def place_of(program: Program, symmetry: Symmetry, example: dict[str, Any]) -> Place:
    """Where a counterexample has its atoms."""
    names, kinds = list(example["sites"]), dict(zip(example["sites"], example["species"], strict=True))
    need(names == list(program.sites) and not program.gathered, "sites that are not those of the program")
    at = dict(zip(names, (tuple(map(float, r)) for r in example["positions"]), strict=True))
    need(all(len(r) == 3 and all(map(math.isfinite, r)) for r in at.values()), "positions that are none")
    centre = next((name for name, site in program.sites.items() if site[1] == "centre"), "")
    ghosts = [name for name, kind in kinds.items() if kind == "ghost"]
    slots = [name for name, site in program.sites.items() if site[1] == "neighbour"]
    need(
        not ghosts or (program.scope == "atom" and ghosts == slots[-len(ghosts) :]),
        "ghosts that are not the last slots",
    )
    for name, kind in kinds.items():
        if name in ghosts:
            need(name not in symmetry.sites and at[name] == at[centre], f"a ghost at {name}")
        else:
            need(kind in program.species and program.sites[name][0] in (None, kind), f"the species at {name}")
        need(kinds[symmetry.sites.get(name, name)] == kind, f"the species at {name}")
    atoms = [at[name] for name in names if name not in ghosts]
    need(all(math.dist(a, b) > 1e-3 for k, a in enumerate(atoms) for b in atoms[:k]), "two atoms at one place")
    return Place(at, kinds, {name: name for name in names}, frozenset(ghosts))


def transformed(before: Place, symmetry: Symmetry, given: dict[str, Any]) -> Place:
    """The place after the transform of a counterexample, which has to be one of the symmetry."""
    matrix, shift = [[float(x) for x in row] for row in given["matrix"]], tuple(float(x) for x in given["shift"])
    (a, b, c), (d, e, f), (g, h, i) = matrix
    squares = [sum(x * y for x, y in zip(p, q, strict=True)) for p in matrix for q in matrix]
    volume = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    turned = volume > 0 and all(abs(x - (k % 4 == 0)) < 1e-9 for k, x in enumerate(squares))
    unit = [[float(x == y) for y in range(3)] for x in range(3)]
    mirrored, still_ = matrix == [[-x for x in row] for row in unit], matrix == unit
    need({"turn": turned, "mirror": mirrored}.get(symmetry.matrix, still_), "a matrix that is not of the symmetry")
    need(len(shift) == 3 and (symmetry.shift or not any(shift)), "a shift that is not of the symmetry")
    entries: dict[str, dict[int, dict[int, int]]] = {}
    for table in given["entries"]:
        put(entries, table["parameter"], {axis: dict(table["moves"]) for axis in table["axes"]})
        once = len(table["moves"]) == len(dict(table["moves"])) and len(table["axes"]) == len({*table["axes"]})
        need(once, "moves that are not of the symmetry")
    need(len(given["sites"]) == len(dict(given["sites"])), "moves that are not of the symmetry")
    matrix = orthonormal(matrix)
    need(dict(given["sites"]) == symmetry.sites and entries == symmetry.entries, "moves that are not of the symmetry")
    at = {}
    for name in before.at:
        r = applied(matrix, before.at[symmetry.sites.get(name, name)], float)
        at[name] = tuple(x + y for x, y in zip(r, shift, strict=True))
    return replace(before, at=at, entries=entries)


def orthonormal(matrix: list[list[float]]) -> list[list[float]]:
    """The rows of a matrix, made orthonormal by the process of Gram and Schmidt."""
    found: list[list[float]] = []
    for row in matrix:
        for other in found:
            along = sum(x * y for x, y in zip(row, other, strict=True))
            row = [x - along * y for x, y in zip(row, other, strict=True)]
        found.append([x / math.hypot(*row) for x in row])
    return found


def distance(values: Values, symmetry: Symmetry) -> float:
    """How far a state is from its image, up to a phase, or from an eigenstate of a charge."""
    program, count = values.program, len(values.program.qubits)
    scale = math.sqrt(0.5) ** sum(op[0] == "singlet" for op in program.ops)
    state = [x * scale for x in values.state()]
    if symmetry.charge is not None:
        charge = {string: float(number) for string, number in symmetry.charge.items()}
        other = image(charge, state, count, 1j, complex)
        factor = sum((complex(x).conjugate() * y).real for x, y in zip(state, other, strict=True))
        return math.sqrt(sum(abs(y - factor * x) ** 2 for x, y in zip(state, other, strict=True)))
    other = image_of_state(state, symmetry, count, 1j, complex)
    overlap = sum(complex(y).conjugate() * x for x, y in zip(state, other, strict=True))
    phase = overlap / abs(overlap) if abs(overlap) > 1e-12 else 1
    return math.sqrt(sum(abs(phase * y - x) ** 2 for x, y in zip(state, other, strict=True)))


def differences(values: list[list[Values]], symmetry: Symmetry, internal: bool) -> list[list[float]]:
    """What a symmetry says are equal, before and after: responses; or, of a state alone, zeros and two distances."""
    if not internal:
        ends = ([each.response(each.moments()) for each in side] for side in values)
        return [[sum(column) / len(end) for column in zip(*end, strict=True)] for end in ends]
    state, mod = values[0][0], values[0][0].mod
    if symmetry.charge is not None:
        charge = {string: float(number) for string, number in symmetry.charge.items()}
        return [[0.0, 0.0], [distance(state, symmetry), float(readout_moves(state, charge))]]
    turns = {q: flip(p, mod) for q, p in symmetry.letters.items()}
    seen = [
        state.response(functional(state, {}, still)),
        state.response(functional(state, symmetry.renaming or {}, turns.get)),
    ]
    return [[0.0, 0.0], [distance(state, symmetry), max(abs(x - y) for x, y in zip(*seen, strict=True))]]


def refutes(program: Program, numbers: Exact, title: str, symmetry: Symmetry, example: dict[str, Any]) -> str:
    """Why a counterexample is none; empty when it is one."""
    floating, before, given = Floating(program, example), place_of(program, symmetry, example), example["transform"]
    said = [[float(x) for x in example[name]] for name in ("response", "transformed")]
    after = transformed(before, symmetry, given)
    internal = symmetry.charge is not None or not symmetry.of_data
    need(given["internal"] == (title if internal else None), "the name of its symmetry")
    places = [copies(program, place, float) for place in (before, after)]
    strings = sum(map(len, program.observables.values()))
    work = (1 << min(40, len(program.qubits))) * (len(program.ops) + strings) * len(places[0])
    if len(program.qubits) > MOST_QUBITS or work > MOST_WORK:
        return "its circuit is too large"
    runs = []
    for noise in (0.0, *[NOISE] * 4):
        floating.noise = noise
        values = [[Values(program, floating, each) for each in side] for side in places]
        runs.append(differences(values, symmetry, internal))
    found, size = runs[0], max(1.0, *(abs(x) for side in runs[0] for x in side))
    for mine, theirs in zip(found, said, strict=True):
        # Of a state alone the first number is computed in one way; how far the readout moves, in another.
        known = 1 if internal else max(len(mine), len(theirs))
        pairs = zip(mine[:known], theirs[:known], strict=True)
        need(len(theirs) >= 1 and all(abs(x - y) < 1e-7 * size for x, y in pairs), "its numbers do not come again")
    gaps = [[abs(x - y) for x, y in zip(*run, strict=True)] for run in runs]
    noisy = [max(column) - min(column) for column in zip(*gaps, strict=True)]
    if not any(gap > max(1e-9 * size, 1000 * noise) for gap, noise in zip(gaps[0], noisy, strict=True)):
        return "its numbers do not differ by more than rounding may"
    return "" if Check(program, numbers, symmetry).holds() else "exact arithmetic finds no difference"


def verify(data: Any, program_text: str | None = None) -> list[str]:
    """Confirm a certificate, a JSON object, or that of a compiled program; return what it proves, line by line.

    Raises:
        Rejected: when anything that it claims is not confirmed.
    """
    try:
        return _verified(data, program_text)
    except MALFORMED as problem:
        raise Rejected(f"not a certificate: {type(problem).__name__} {problem}") from None


def _verified(data: Any, program_text: str | None) -> list[str]:
    if isinstance(data, dict) and isinstance(data.get("certificate"), dict):
        need(data["program"]["text"] == data["certificate"].get("text"), "the program is not that of its certificate")
        data = data["certificate"]  # of a compiled program
    need(isinstance(data, dict) and "schema" in data, "no certificate")
    known = data["schema"] == 5 and isinstance(data.get("text"), str)
    need(known, "a certificate of another schema than 5: write it again with 'qffc check'")
    text = data["text"]
    need(hashlib.sha256(text.encode()).hexdigest() == data["digest"], "the digest is not that of the text")
    need(program_text is None or program_text == text, "the certificate is about another program")
    own = {key: part for key, part in data.items() if key not in ("schema", "sha256")}
    checksum = hashlib.sha256(json.dumps(own, sort_keys=True, allow_nan=False).encode()).hexdigest()
    need(checksum == data["sha256"], "the certificate was changed after it was written")
    program = Program(text)
    symmetries, numbers = expected(program), Exact(program)
    need(data["program"] == program.name, "the name is not that of the program")
    need(data["symmetry"] == [*program.symmetry, *program.declared], "the symmetries are not those of the program")
    need([v["generator"] for v in data["verdicts"]] == list(symmetries), "verdicts are missing or too many")
    need(not data["rules_only"] or all(v["bits"] is None for v in data["verdicts"]), "rules alone have no bits")
    lines = []
    for verdict, (title, symmetry) in zip(data["verdicts"], symmetries.items(), strict=True):
        status, bits, why = verdict["status"], verdict["bits"], ""
        need(status in ("proven", "refuted", "undecided"), f"{title}: '{status}' is no status")
        need(
            bits is None or (status == "proven" and bits in range(1, BITS + 1)),
            f"{title}: {bits} bits are not confirmed",
        )
        need(
            (verdict["counterexample"] is None) == (status != "refuted"),
            f"{title}: a counterexample too many or too few",
        )
        if status == "proven":
            why = Check(program, numbers, symmetry, verdict["witness"]).holds()
        elif status == "refuted":
            try:
                why = refutes(program, numbers, title, symmetry, verdict["counterexample"])
            except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError) as problem:
                why = f"its counterexample is not understood: {problem}"
        for part in verdict["survives"]:
            need(title == "rotation" and part in [f"rotation about {axis}" for axis in "xyz"], f"{title}: '{part}'")
            why = why or Check(program, numbers, Symmetry(matrix=part[9:])).holds()
        need(not why, f"{title}: {status} is not confirmed: {why}")
        lines.append(f"{title}: {status}{' is confirmed' if status != 'undecided' else ', which claims nothing'}")
    return lines


def main(arguments: Iterable[str] | None = None) -> int:
    """Check the certificate that is named first, for the program that is named second, if one is."""
    files = list(sys.argv[1:] if arguments is None else arguments)
    if len(files) not in (1, 2) or files[0].startswith("-"):
        print("usage: qffc-verify CERTIFICATE.json [PROGRAM.qffc]", file=sys.stderr)
        return 2
    sys.setrecursionlimit(20000)
    try:
        data, *text = (Path(name).read_text(encoding="utf-8") for name in files)
        lines = [*verify(json.loads(data), *text), "accepted"]
    except OSError as problem:
        print(f"cannot read: {problem}", file=sys.stderr)
        return 2
    except (Rejected, ValueError, RecursionError, MemoryError) as problem:
        lines = [f"rejected: {problem if isinstance(problem, Rejected) else f'not a certificate: {problem}'}"]
    print("\n".join(lines).encode("ascii", "backslashreplace").decode())
    return int(lines[-1] != "accepted")


if __name__ == "__main__":
    raise SystemExit(main())
