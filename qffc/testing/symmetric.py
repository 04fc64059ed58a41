"""Random programs that are symmetric by construction, from a ``random.Random``.

Two families. *Free* programs put covariant values on any qubits and declare what that gives: rotation and translation,
and inversion when there are no more than two independent vectors. *Exchange* programs are built from blocks that a
renaming of the like sites carries into themselves, whatever the order of operations that commute:

- a word on the qubits of one like site, and its images on those of the others, interleaved at random;
- couplings between the qubits of two like sites, alone or as a mirrored pair;
- operations on the qubits of the centre, by values that see all like sites alike;
- a chirality on two like sites and a third qubit, by an angle that changes sign with them;
- a collective exchange of one or all qubits of every like site, and of some of the centre;
- couplings of the pairs of two or more like sites, which commute;
- a relabelling that commutes with the renaming.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from random import Random

from qffc.ir.declarations import AtomicReadout, EnergyReadout, Qubit, Readout, Role, Scope, Site, Symmetry
from qffc.ir.observables import DotObservable, Observable, ProductObservable, SumObservable
from qffc.ir.operation import Op
from qffc.ir.ops import Chirality, Collective, Exchange, FourSpin, Relabel, Rotate, Singlet
from qffc.ir.program import Program
from qffc.ir.values import (
    Moment,
    Number,
    Value,
    add,
    cross,
    cutoff,
    mul,
    norm,
)
from qffc.testing.symmetric_values import PARAMETERS, Scene

_NAMES = ("a", "b", "d")


def symmetric_program(random: Random) -> Program:
    """Return a program that has the symmetries that it declares.

    Args:
        random: the source of all choices; equal seeds give equal programs.

    Example:
        >>> program = symmetric_program(Random(1))
        >>> program == symmetric_program(Random(1)), "rotation" in program.symmetry
        (True, True)
    """
    return _free(random) if random.random() < 0.15 else _exchange(random)


# --------------------------------------------------------------------------- free programs


_FREE_KINDS = ("rotate", "rotate", "exchange", "exchange", "chirality", "relabel", "four_spin", "collective")


def _free(random: Random) -> Program:
    names = ("c", "a", "b", "d")[: random.choice((3, 3, 4))]
    sites = tuple(Site(name, "O" if name == "c" else "H", "centre" if name == "c" else "neighbour") for name in names)
    count = random.choice((2, 4))

    def scene() -> Scene:
        # Any site may play any part: nothing here is to survive an exchange.
        focus, *others = random.sample(names, len(names))
        return Scene(random, (focus,), tuple(others))

    order = random.sample(range(count), count)
    ops: list[Op] = [Singlet(*order[k : k + 2]) for k in range(0, count, 2)]
    for _ in range(random.randint(2, 10)):
        here, qubits = scene(), random.sample(range(count), count)
        kind = random.choice(_FREE_KINDS)
        if kind == "rotate":
            ops.append(Rotate(qubits[0], here.vector(here.like[0])))
        elif kind == "exchange":
            ops.append(Exchange(qubits[0], qubits[1], here.number(here.like[0])))
        elif kind == "chirality" and count > 2:
            ops.append(Chirality(qubits[0], qubits[1], qubits[2], here.number(here.like[0])))
        elif kind == "collective" and count > 2:
            ops.append(Collective(tuple(qubits[: random.randint(3, count)]), here.number(here.like[0])))
        elif kind == "four_spin" and count > 3:
            ops.append(FourSpin(qubits[0], qubits[1], qubits[2], qubits[3], here.number(here.like[0])))
        else:
            moved = sorted(qubits[:2])
            ops.append(Relabel(((moved[0], moved[1]), (moved[1], moved[0]))))
    qubits = random.sample(range(count), count)
    dots = [DotObservable(*qubits[k : k + 2]) for k in range(0, count, 2)]
    observable: Observable = dots[0]
    if len(dots) == 2:
        weighted = SumObservable(((Fraction(1), dots[0]), (Fraction(random.randint(-4, 4), 3), dots[1])))
        observable = random.choice((dots[0], ProductObservable((dots[0], dots[1])), weighted))
    here = scene()
    return Program(
        name="symmetric-free",
        symmetry=("rotation", "inversion", "translation") if len(names) == 3 else ("rotation", "translation"),
        scope="molecule",
        species=("H", "O"),
        sites=sites,
        parameters=PARAMETERS,
        qubits=tuple(Qubit(f"q{k}", random.choice((*names, None))) for k in range(count)),
        ops=tuple(ops),
        observables=(("e", observable),),
        readout=EnergyReadout(mul(random.choice((Number(Fraction(1)), here.number(here.like[0]))), Moment("e"))),
    )


# --------------------------------------------------------------------------- programs with exchange


@dataclass(frozen=True)
class Layout:
    """The qubits: of each like site, in one order, and of the centre."""

    own: tuple[tuple[int, ...], ...]
    centre: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(map(len, self.own)) + len(self.centre)


_KINDS = {
    "molecule": ("centred", "centred", "bystander", "bond", "three"),
    "pair": ("centred",),
    "atom": ("centred", "three"),
}
"""What like sites may be arranged as."""


def _exchange(random: Random) -> Program:
    scope: Scope = random.choice(("molecule", "molecule", "pair", "atom"))
    kind = random.choice(_KINDS[scope])
    like = _NAMES[: 3 if kind == "three" else 2]
    others = {"centred": ("c",), "three": ("c",), "bystander": ("c", "s"), "bond": ()}[kind]
    even = kind in ("bystander", "three") and random.random() < 0.4
    scene = Scene(random, like, others, even=even, absolute=random.random() < 0.1)
    width = 2 if kind == "three" else random.choice((1, 2, 2, 2))
    core = 2 if kind != "bond" and (width == 1 or (kind != "three" and random.random() < 0.3)) else 0
    numbers = random.sample(range(len(like) * width + core), len(like) * width + core)
    own = tuple(tuple(numbers[k * width : (k + 1) * width]) for k in range(len(like)))
    layout = Layout(own, tuple(numbers[len(like) * width :]))
    ops: list[Op] = list(_preparations(random, layout))
    for _ in range(random.randint(2, 5)):
        ops += _block(scene, layout)
    observables, readout = _readout(scene, layout)
    average: tuple[Symmetry, ...] = (
        ("inversion",) if kind in ("bystander", "three") and not even and random.random() < 0.3 else ()
    )
    inversion = kind in ("centred", "bond") or even or bool(average)
    return Program(
        name=f"symmetric-{scope}-{kind}",
        symmetry=("rotation", *(("inversion",) if inversion else ()), "translation", "exchange"),
        scope=scope,
        species=("O", "H", "C"),
        sites=_sites(random, scope, like, others),
        parameters=PARAMETERS,
        qubits=_qubits(random, scene, layout),
        ops=tuple(ops),
        observables=observables,
        readout=readout,
        average=average,
    )


def _sites(random: Random, scope: Scope, like: Sequence[str], others: Sequence[str]) -> tuple[Site, ...]:
    # Scope molecule names all species, scope atom none.
    is_open = {"molecule": 0.0, "pair": 0.6, "atom": 1.0}[scope]
    element = None if random.random() < is_open else random.choice(("H", "C"))
    middle = None if random.random() < is_open else "O"
    role: Role = "neighbour" if others else "free"
    fixed = [Site("c", middle, "centre"), Site("s", "C", "free")][: len(others)]
    return (*fixed, *(Site(name, element, role) for name in like))


def _qubits(random: Random, scene: Scene, layout: Layout) -> tuple[Qubit, ...]:
    owner: dict[int, str | None] = {}
    told = random.random() < 0.8  # who owns a qubit is a hint, and a proof has to do without it
    for site, qubits in zip(scene.like, layout.own, strict=True):
        owner.update(dict.fromkeys(qubits, site if told else None))
    owner.update(dict.fromkeys(layout.centre, "c" if told else None))
    return tuple(Qubit(f"q{k}", owner[k]) for k in range(layout.count))


def _preparations(random: Random, layout: Layout) -> list[Op]:
    ops: list[Op] = [Singlet(*layout.centre)] if layout.centre else []
    first, second = layout.own[0], layout.own[1]
    if len(first) == 1:
        ops.append(Singlet(first[0], second[0]))
    elif len(layout.own) == 3 or random.random() < 0.6:
        ops += [Singlet(*qubits) for qubits in layout.own]
    elif random.random() < 0.5:
        ops += [Singlet(first[0], second[0]), Singlet(second[1], first[1])]
    else:
        ops += [Singlet(first[0], second[1]), Singlet(second[0], first[1])]
    random.shuffle(ops)
    return ops


def _block(scene: Scene, layout: Layout) -> list[Op]:
    random, two = scene.random, len(layout.own) == 2
    kinds = ["sites"] * 4 + ["couplings"] * 3 * two + ["centre"] * bool(layout.centre) + ["relabel"]
    kinds += ["chirality"] * (two and bool(layout.centre))
    kinds += ["four spins"] * (len(layout.own) > 1 and len(layout.own[0]) > 1) + ["collective"]
    kind = random.choice(kinds)
    if kind == "sites":
        return _site_words(scene, layout)
    if kind == "couplings":
        return _couplings(scene, layout)
    if kind == "centre":
        return _on_centre(scene, layout)
    if kind == "four spins":
        pairs = [random.sample(own[:2], 2) for own in layout.own]
        angle = scene.common()
        ops: list[Op] = [FourSpin(a, b, c, d, angle) for (a, b), (c, d) in combinations(pairs, 2)]
        return random.sample(ops, len(ops))
    if kind == "collective":
        return [_collective(random, layout, scene.common())]
    if kind == "chirality":
        number = scene.number(scene.like[0])
        odd = number - scene.image(number, scene.like[1])
        level, third = random.randrange(len(layout.own[0])), random.choice(layout.centre)
        return [Chirality(layout.own[0][level], layout.own[1][level], third, odd)]
    return [_relabelling(random, layout)]


def _collective(random: Random, layout: Layout, angle: Value) -> Op:
    """On as many qubits as have a circuit."""
    most, width = 4, len(layout.own[0])
    levels = random.sample(range(width), random.randint(1, min(width, most // len(layout.own))))
    members = [own[level] for own in layout.own for level in levels]
    members += random.sample(layout.centre, random.randint(0, min(len(layout.centre), most - len(members))))
    return Collective(tuple(random.sample(members, len(members))), angle)


def _site_words(scene: Scene, layout: Layout) -> list[Op]:
    """One word on the qubits of the first like site, its images on the others, interleaved."""
    random, first, width = scene.random, scene.like[0], len(layout.own[0])
    word: list[tuple[tuple[int, ...], Value]] = []
    for _ in range(random.randint(1, 3)):
        if width > 1 and random.random() < 0.3:
            word.append(((0, 1), scene.number(first)))
        else:
            word.append(((random.randrange(width),), scene.vector(first)))
    queues: list[list[Op]] = []
    for site, own in zip(scene.like, layout.own, strict=True):
        queue: list[Op] = []
        for places, value in word:
            image = scene.image(value, site)
            queue.append(Exchange(own[0], own[1], image) if len(places) == 2 else Rotate(own[places[0]], image))
        queues.append(queue)
    ops: list[Op] = []
    while any(queues):
        ops.append(random.choice([queue for queue in queues if queue]).pop(0))
    return ops


def _couplings(scene: Scene, layout: Layout) -> list[Op]:
    """Couplings between two like sites, in an order that their exchange keeps."""
    random, (first, second) = scene.random, layout.own
    layers: list[list[tuple[int, int]]] = [[(a, b)] for a, b in zip(first, second, strict=True)]
    if len(first) > 1:
        layers.append([(first[0], second[1]), (second[0], first[1])])
    random.shuffle(layers)
    ops: list[Op] = []
    for layer in layers[: random.randint(1, len(layers))]:
        angle = scene.common()
        if len(layer) == 2 and random.random() < 0.5:  # each with a number of its own site
            number = scene.number(scene.like[0])
            ops += [Exchange(*pair, scene.image(number, s)) for pair, s in zip(layer, scene.like, strict=True)]
            continue
        random.shuffle(layer)
        ops += [Exchange(*pair, angle) for pair in layer]
    return ops


def _centre_vector(scene: Scene) -> Value:
    first = scene.like[0]
    if scene.even and len(scene.others) > 1:
        one = cross(scene.polar(first), scene.displacement(scene.others[0], scene.others[1]))
    elif scene.even:
        one = cross(scene.polar(first), scene.mean())
    else:
        one = scene.polar(first, 2)
    total = add(*(scene.image(one, site) for site in scene.like))
    return mul(scene.common(0), total)


def _on_centre(scene: Scene, layout: Layout) -> list[Op]:
    random, ops = scene.random, list[Op]()
    for _ in range(random.randint(1, 2)):
        if random.random() < 0.5:
            a, b = random.sample(layout.centre, 2)
            ops.append(Exchange(a, b, scene.common()))
        else:
            ops.append(Rotate(random.choice(layout.centre), _centre_vector(scene)))
    return ops


def _relabelling(random: Random, layout: Layout) -> Relabel:
    if len(layout.own[0]) > 1 and random.random() < 0.6:
        swaps = [(qubits[0], qubits[1]) for qubits in layout.own]
    else:
        swaps = list(zip(layout.own[0], layout.own[1], strict=True)) if len(layout.own) == 2 else []
    if not swaps:
        swaps = [(qubits[0], qubits[1]) for qubits in layout.own]
    return Relabel(tuple(move for a, b in swaps for move in ((a, b), (b, a))))


def _readout(scene: Scene, layout: Layout) -> tuple[tuple[tuple[str, Observable], ...], Readout]:
    """Moments on orbits of pairs; an energy by sums over them, or features that are sums themselves."""
    random, own = scene.random, layout.own
    orbits: list[list[tuple[int, int]]] = []
    if len(own[0]) > 1:
        orbits.append([(qubits[0], qubits[1]) for qubits in own])
    if len(own) == 2:
        orbits += [[(a, b)] for a, b in zip(own[0], own[1], strict=True)]
    if len(own) == 2 and len(own[0]) > 1:
        orbits.append([(own[0][0], own[1][1]), (own[1][0], own[0][1])])
    if layout.centre:
        orbits.append([(layout.centre[0], layout.centre[1])])
        orbits.append([(layout.centre[0], qubits[0]) for qubits in own])
    random.shuffle(orbits)
    chosen = orbits[: random.randint(1, 2)]
    if random.random() < 0.5:
        named = tuple((f"m{k}", _orbit_observable(random, orbit)) for k, orbit in enumerate(chosen))
        names = tuple(name for name, _ in named)
        if scene.others and random.random() < 0.6:
            return named, AtomicReadout(_atomic_weight(scene), names, (4,))
        return named, EnergyReadout(add(*(mul(scene.common(), Moment(name)) for name in names)))
    named = ()
    terms: list[Value] = []
    for k, orbit in enumerate(chosen):
        here = tuple((f"m{k}_{j}", DotObservable(*pair)) for j, pair in enumerate(orbit))
        named += here
        if len(orbit) == len(scene.like) and len(orbit) > 1:
            number = scene.number(scene.like[0])
            terms += [mul(scene.image(number, s), Moment(n)) for s, (n, _) in zip(scene.like, here, strict=True)]
        else:
            weight = scene.common()
            terms += [mul(weight, Moment(name)) for name, _ in here]
    return named, EnergyReadout(add(*terms))


def _atomic_weight(scene: Scene) -> Value:
    steps = [cutoff(norm(scene.displacement(scene.others[0], site)), Fraction(8)) for site in scene.like]
    return mul(*steps)


def _orbit_observable(random: Random, orbit: Sequence[tuple[int, int]]) -> Observable:
    dots = [DotObservable(*pair) for pair in orbit]
    if len(dots) == 1:
        return dots[0]
    disjoint = len({qubit for pair in orbit for qubit in pair}) == 2 * len(orbit)
    if disjoint and random.random() < 0.4:
        return ProductObservable(tuple(dots))
    weight = Fraction(random.randint(1, 5), random.randint(1, 3))
    return SumObservable(tuple((weight, item) for item in dots))
