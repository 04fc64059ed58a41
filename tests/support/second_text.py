"""A second reader of the text of programs, written from FORMAT.md alone: it shares nothing with qffc.

Values are nested tuples: a word, then its parts. ``a - b`` is a sum with a factor -1, ``a / b`` a product with a power
-1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

Node = tuple  # of a word and its parts

_TOKEN = re.compile(r"\s*(->|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|[-+*/^(),\[\]:;=])")
_FUNCTIONS = ("acos", "cos", "exp", "log", "sin", "sqrt", "tanh")
_LETTERS = "XYZ"


@dataclass(frozen=True)
class Site:
    name: str
    element: str | None
    role: str
    molecule: str | None


@dataclass(frozen=True)
class Table:
    axes: tuple[int | str, ...]
    basis: tuple[str, int, Fraction] | None


@dataclass(frozen=True)
class Declared:
    """A generator, or a charge."""

    sites: dict[str, str] = field(default_factory=dict)
    qubits: dict[int, int] = field(default_factory=dict)
    entries: tuple[tuple[str, tuple[int, ...], dict[int, int]], ...] = ()
    paulis: dict[int, str] = field(default_factory=dict)
    charge: tuple | None = None

    @property
    def internal(self) -> bool:
        moved = any(a != b for a, b in self.sites.items())
        return not moved and not any(a != b for _, _, moves in self.entries for a, b in moves.items())


@dataclass
class Text:
    """A program as it is written; observables are lists of a weight and a Pauli string."""

    symmetry: tuple[str, ...] = ()
    scope: str = ""
    species: tuple[str, ...] = ()
    channels: int = 1
    average: tuple[str, ...] = ()
    sites: list[Site] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    qubits: list[str] = field(default_factory=list)
    declared: dict[str, Declared] = field(default_factory=dict)
    operations: list[tuple] = field(default_factory=list)
    observables: dict[str, list[tuple[Fraction, tuple[tuple[int, str], ...]]]] = field(default_factory=dict)
    readout: Node = ()
    features: tuple[str, ...] = ()
    by_species: bool = False
    atomic: bool = False

    def shape(self, name: str) -> tuple[int, ...]:
        table = self.tables[name]
        sizes = {"species": len(self.species), "channel": self.channels}
        basis = () if table.basis is None else (table.basis[1],)
        return (*(sizes.get(axis, axis) for axis in table.axes), *basis)

    @property
    def seen(self) -> tuple[str, ...]:
        """The observables that the readout uses, each once."""
        return self.features or tuple(dict.fromkeys(_moments(self.readout)))


def read(text: str) -> Text:
    """Return a program that is valid."""
    program = Text()
    for line in text.splitlines():
        words = _Words(line.split("#")[0])
        if words.more:
            words.statement(program)
    return program


def _moments(node: object) -> list[str]:
    if not isinstance(node, tuple):
        return []
    return [node[1]] if node[:1] == ("moment",) else [name for part in node for name in _moments(part)]


class _Words:
    """The words of one line, from the left."""

    def __init__(self, line: str) -> None:
        self._line, self._words, end = line, [], 0
        line = line.rstrip()
        while end < len(line):
            match = _TOKEN.match(line, end)
            if match is None:
                raise ValueError(f"no word at {line[end:]!r}")
            self._words.append(match.group(1))
            end = match.end()
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._words)

    def peek(self) -> str:
        return self._words[self._at] if self.more else ""

    def take(self, wanted: str = "") -> str:
        word = self.peek()
        if not word or (wanted and word != wanted):
            raise ValueError(f"{word!r} where {wanted!r} belongs in {self._line!r}")
        self._at += 1
        return word

    def maybe(self, *wanted: str) -> str:
        return self.take() if self.peek() in wanted else ""

    def names(self) -> tuple[str, ...]:
        found = [self.take()]
        while self.maybe(","):
            found.append(self.take())
        return tuple(found)

    # ------------------------------------------------------------------ lines

    def statement(self, program: Text) -> None:
        word = self.take()
        if word in ("qffc", "program"):
            return
        if word in ("symmetry", "species", "average"):
            setattr(program, word, self.names())
        elif word == "scope":
            program.scope = self.take()
        elif word == "channels":
            program.channels = int(self.take())
        elif word in ("energy", "atomic"):
            self._readout(program, word)
        else:
            getattr(self, f"_{word}", self._operation)(program, word)
        if self.more:
            raise ValueError(f"{self.peek()!r} is left of {self._line!r}")

    def _site(self, program: Text, _: str) -> None:
        name, _, element, role = self.take(), self.take(":"), self.take(), self.take()
        molecule = self.take() if self.maybe("molecule") else None
        program.sites.append(Site(name, None if element == "any" else element, role, molecule))

    def _parameter(self, program: Text, _: str) -> None:
        name, axes = self.take(), []
        if self.maybe(":"):
            axes = [int(axis) if axis.isdigit() else axis for axis in self.names()]
        basis = self._basis() if self.maybe("radial") else None
        if self.maybe("default"):
            self._rational()
        self.maybe("frozen")
        program.tables[name] = Table(tuple(axes), basis)

    def _basis(self) -> tuple[str, int, Fraction]:
        kind, size, _ = self.take(), int(self.take()), self.take("cutoff")
        return kind, size, self._rational()

    def _qubit(self, program: Text, _: str) -> None:
        program.qubits.append(self.take())
        if self.maybe(":"):
            self.take()

    def _generator(self, program: Text, _: str) -> None:
        name, _, parts, tables = self.take(), self.take(":"), {}, []
        while True:
            kind = self.take()
            if kind == "paulis":
                parts["paulis"] = dict(self._string(program))
            elif kind == "entries":
                tables.append(self._entries(program))
            else:
                moves = dict(self._moves())
                places = {
                    program.qubits.index(a): program.qubits.index(b) for a, b in moves.items() if kind == "qubits"
                }
                parts[kind] = places or moves
            if not self.maybe(";"):
                break
        program.declared[f"generator {name}"] = Declared(entries=tuple(tables), **parts)

    def _entries(self, program: Text) -> tuple[str, tuple[int, ...], dict[int, int]]:
        name = self.take()
        axes = tuple(k for k, axis in enumerate(program.tables[name].axes) if isinstance(axis, int))
        if self.maybe("axes"):
            axes = tuple(int(axis) for axis in self.names())
            self.take(":")
        return name, axes, {int(a): int(b) for a, b in self._moves()}

    def _moves(self) -> list[tuple[str, str]]:
        found = []
        while True:
            a, _, b = self.take(), self.take("->"), self.take()
            found.append((a, b))
            if not self.maybe(","):
                return found

    def _conserved(self, program: Text, _: str) -> None:
        name, _ = self.take(), self.take("=")
        program.declared[f"conserved {name}"] = Declared(charge=tuple(self._weighted_sum(program)))

    def _observable(self, program: Text, _: str) -> None:
        name, _ = self.take(), self.take("=")
        program.observables[name] = self._weighted_sum(program)

    def _operation(self, program: Text, word: str) -> None:
        place = program.qubits.index
        if word == "relabel":
            program.operations.append((word, tuple((place(a), place(b)) for a, b in self._moves()), None))
            return
        if word == "pauli_rotation":
            on: tuple = self._string(program)
            self.take(",")
        else:
            on = ()
            for k in range(self._count(word)):
                if k:
                    self.take(",")
                on += (place(self.take()),)
            if word not in ("zero", "singlet"):
                self.take(",")
        value = None if word in ("zero", "singlet") else self.value()
        if self.maybe("unordered"):
            self.take()
        program.operations.append((word, on, value))

    def _count(self, word: str) -> int:
        """How many qubits a line has: of a set all that is before the last comma outside of brackets."""
        fixed = {"zero": 1, "rotate": 1, "singlet": 2, "exchange": 2, "chirality": 3, "four_spin": 4}
        if word in fixed:
            return fixed[word]
        count = depth = 0
        for token in self._words[self._at :]:
            depth += (token in "([") - (token in ")]")
            count += token == "," and depth == 0
        return count

    def _readout(self, program: Text, word: str) -> None:
        program.atomic = word == "atomic"
        if program.atomic:
            kind = self.take()
        program.readout = self.value()
        if not program.atomic:
            return
        if kind == "weight":
            self.take("features")
            program.features = self.names()
        if self.maybe("by"):
            self.take("species")
            program.by_species = True
        self._at = len(self._words)  # messages and the head are about atoms, not about circuits

    # ------------------------------------------------------------------ observables

    def _rational(self) -> Fraction:
        sign = -1 if self.maybe("-") else 1
        number = Fraction(self.take())
        return sign * (number / Fraction(self.take()) if self.maybe("/") else number)

    def _string(self, program: Text) -> tuple[tuple[int, str], ...]:
        found = []
        while self.peek() in tuple(_LETTERS):
            letter, _, name, _ = self.take(), self.take("("), self.take(), self.take(")")
            found.append((program.qubits.index(name), letter))
        return tuple(sorted(found))

    def _weighted_sum(self, program: Text) -> list:
        total, sign = self._weighted(program, 1), "+"
        while sign := self.maybe("+", "-"):
            total = total + self._weighted(program, 1 if sign == "+" else -1)
        return total

    def _weighted(self, program: Text, sign: int) -> list:
        weight = Fraction(sign)
        if self.peek() == "-" or self.peek()[:1].isdigit() or self.peek()[:1] == ".":
            weight *= self._rational()
            self.take("*")
        total = [(weight, ())]
        while True:
            factor = self._factor(program)
            total = [(a * b, tuple(sorted(left + right))) for a, left in total for b, right in factor]
            if not self.maybe("*"):
                return total

    def _factor(self, program: Text) -> list:
        if self.maybe("("):
            inner = self._weighted_sum(program)
            self.take(")")
            return inner
        if self.maybe("dot"):
            _, a, _, b, _ = self.take("("), self.take(), self.take(","), self.take(), self.take(")")
            pair = program.qubits.index(a), program.qubits.index(b)
            return [(Fraction(1), tuple(sorted((qubit, letter) for qubit in pair))) for letter in _LETTERS]
        return [(Fraction(1), self._string(program))]

    # ------------------------------------------------------------------ values

    def value(self) -> Node:
        terms = [self._term()]
        while sign := self.maybe("+", "-"):
            term = self._term()
            terms.append(term if sign == "+" else ("mul", ("number", Fraction(-1)), term))
        return terms[0] if len(terms) == 1 else ("add", *terms)

    def _term(self) -> Node:
        factors = [self._signed()]
        while sign := self.maybe("*", "/"):
            factor = self._signed()
            factors.append(factor if sign == "*" else ("power", factor, -1))
        return factors[0] if len(factors) == 1 else ("mul", *factors)

    def _signed(self) -> Node:
        if self.maybe("-"):
            return ("mul", ("number", Fraction(-1)), self._signed())
        atom = self._atom()
        if not self.maybe("^"):
            return atom
        sign = -1 if self.maybe("-") else 1
        return ("power", atom, sign * int(self.take()))

    def _atom(self) -> Node:
        word = self.take()
        if word == "(":
            inner = self.value()
            self.take(")")
            return inner
        if word[0].isdigit() or word[0] == ".":
            return ("number", Fraction(word))
        if self.peek() == "[":
            return self._entry(word)
        if self.peek() != "(":
            return ("pi",) if word == "pi" else ("entry", word, ())
        self.take("(")
        found = self._call(word)
        self.take(")")
        return found

    def _entry(self, name: str) -> Node:
        self.take("[")
        indices: list[object] = []
        while True:
            word = self.take()
            if word == "Z":
                _, site, _ = self.take("("), self.take(), self.take(")")
                indices.append(("Z", site))
            else:
                indices.append(word if word == "channel" else int(word))
            if not self.maybe(","):
                break
        self.take("]")
        return ("entry", name, tuple(indices))

    def _call(self, word: str) -> Node:
        if word in ("x", "moment"):
            return (word, self.take())
        if word == "r":
            return (word, *self.names())
        first = self.value()
        if word in _FUNCTIONS:
            return ("function", word, first)
        if word in ("norm", "unit"):
            return (word, first)
        self.take(",")
        if word == "component":
            return (word, first, self.take())
        if word == "cutoff":
            return (word, first, self._rational())
        second = self.value()
        if word != "vector":
            return (word, first, second)  # dot, cross, radial
        self.take(",")
        return (word, first, second, self.value())
