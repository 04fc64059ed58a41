"""Every refusal of the verifier, triggered once."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from qffc.ir import (
    AtomicReadout,
    Basis,
    DotObservable,
    EnergyReadout,
    Exchange,
    Parameter,
    PauliObservable,
    Program,
    QffcError,
    Qubit,
    Relabel,
    Rotate,
    Singlet,
    Site,
    Zero,
    norm,
)
from qffc.ir.values import (
    ChannelIndex,
    Displacement,
    Moment,
    ParameterEntry,
    Radial,
    SpeciesOf,
    as_value,
)

AWAY = Displacement("c", "a")
TABLE = ParameterEntry("f", (SpeciesOf("a"),))
START = (Singlet(0, 1),)
GOOD = Program(
    name="good",
    symmetry=("rotation", "exchange"),
    scope="molecule",
    species=("O", "H"),
    sites=(Site("c", "O", "centre"), Site("a", "H", "neighbour")),
    parameters=(
        Parameter("J", (2,)),
        Parameter("K", ("channel",)),
        Parameter("f", ("species",), basis=Basis("bessel", 4, Fraction(5))),
    ),
    qubits=(Qubit("u", "a"), Qubit("d", "a")),
    ops=(*START, Exchange(0, 1, ParameterEntry("J", (0,)))),
    observables=(("e", DotObservable(0, 1)),),
    readout=EnergyReadout(Moment("e")),
)
FREE = Exchange(0, 1, as_value(1), unordered="mix")
ATOMIC = AtomicReadout(as_value(1), ("e",), (8,))
SLOTS = (Site("c", None, "centre"), Site("a", None, "neighbour"))
ATOM: dict[str, Any] = {"scope": "atom", "sites": SLOTS}


def angle(value: Any) -> dict[str, Any]:
    return {"ops": (*START, Exchange(0, 1, value))}


CASES: list[tuple[str, dict[str, Any]]] = [
    ("not a program name", {"name": "two words"}),
    ("unknown symmetry", {"symmetry": ("mirror",)}),
    ("symmetry out of order or twice", {"symmetry": ("exchange", "rotation")}),
    ("symmetry out of order or twice", {"symmetry": ("rotation", "rotation")}),
    ("unknown average", {"average": ("rotation",)}),
    ("average out of order or twice", {"average": ("exchange", "inversion")}),
    ("unknown scope", {"scope": "crystal"}),
    ("averaging over pair circuits", {"scope": "pair", "average": ("exchange",)}),
    ("averaging over the slots of an atom", {"scope": "atom", "average": ("exchange",)}),
    ("no channel", {"channels": 0}),
    ("no qubit", {"qubits": ()}),
    ("no species", {"species": ()}),
    ("unknown element", {"species": ("O", "H", "Xx")}),
    ("species named twice", {"species": ("O", "H", "O")}),
    ("unknown role of a site", {"sites": (Site("c", "O", "middle"),)}),  # type: ignore[arg-type]  # on purpose
    ("site of an undeclared species", {"sites": (Site("c", "N", "centre"),)}),
    ("site without a species", {"sites": (Site("c", None, "centre"),)}),
    ("more than one centre", {"sites": (Site("c", "O", "centre"), Site("a", "O", "centre"))}),
    ("sites that do not fit scope pair", {"scope": "pair"}),
    ("species of a site in scope atom", {"scope": "atom"}),
    ("sites that do not fit scope atom", {"scope": "atom", "sites": (Site("c", None, "centre"),)}),
    ("sites that do not fit scope atom", {"scope": "atom", "sites": (*SLOTS, Site("b", None, "free"))}),
    ("molecule in scope atom", {"scope": "atom", "sites": tuple(replace(site, molecule="A") for site in SLOTS)}),
    ("no site", {"sites": ()}),
    ("unknown axis of a parameter", {"parameters": (Parameter("J", (0,)),)}),
    ("unknown axis of a parameter", {"parameters": (Parameter("J", ("atom",)),)}),  # type: ignore[arg-type]  # on purpose
    ("unfit radial basis of a parameter", {"parameters": (Parameter("J", (), basis=Basis("bessel", 0, Fraction(5))),)}),
    ("unfit radial basis of a parameter", {"parameters": (Parameter("J", (), basis=Basis("bessel", 1, Fraction(0))),)}),
    ("frozen parameter without a value", {"parameters": (Parameter("J", (), frozen=True),)}),
    ("not a name for a parameter", {"parameters": (Parameter("pi", ()),)}),
    ("not a name for a site", {"sites": (Site("a-b", "O", "centre"),)}),
    ("not a name for a qubit", {"qubits": (Qubit("0"), Qubit("d"))}),
    ("not a name for an observable", {"observables": (("e f", DotObservable(0, 1)),)}),
    ("site named twice", {"sites": (Site("c", "O", "centre"), Site("c", "H", "free"))}),
    ("parameter named twice", {"parameters": (Parameter("J", ()), Parameter("J", ()))}),
    ("qubit named twice", {"qubits": (Qubit("u"), Qubit("u"))}),
    ("observable named twice", {"observables": (("e", DotObservable(0, 1)), ("e", DotObservable(0, 1)))}),
    ("unknown site", {"qubits": (Qubit("u", "h"), Qubit("d"))}),
    ("unknown site", angle(norm(Displacement("c", "h")))),
    ("unknown site", angle(Radial(ParameterEntry("f", (SpeciesOf("h"),)), norm(AWAY)))),
    ("unknown parameter", angle(ParameterEntry("L"))),
    ("a moment outside the readout", angle(Moment("e"))),
    ("radial table used as a number", angle(TABLE)),
    ("radial table used as a number", angle(TABLE * Radial(TABLE, norm(AWAY)))),
    ("radial function of a plain parameter", angle(Radial(ParameterEntry("J", (0,)), norm(AWAY)))),
    ("wrong number of indices", angle(ParameterEntry("J"))),
    ("wrong number of indices", angle(ParameterEntry("J", (0, 1)))),
    ("index that does not fit its axis", angle(ParameterEntry("J", (2,)))),
    ("index that does not fit its axis", angle(ParameterEntry("J", (-1,)))),
    ("index that does not fit its axis", angle(ParameterEntry("J", (SpeciesOf("a"),)))),
    ("index that does not fit its axis", angle(ParameterEntry("K", (0,)))),
    ("index that does not fit its axis", angle(Radial(ParameterEntry("f", (ChannelIndex(),)), norm(AWAY)))),
    ("unknown qubit", {"ops": (*START, Rotate(2, AWAY))}),
    ("unknown qubit", {"ops": (*START, Rotate(-1, AWAY))}),
    ("one qubit twice in an operation", {"ops": (*START, Exchange(1, 1, as_value(1)))}),
    ("qubit prepared twice", {"ops": (*START, Zero(1))}),
    ("qubit used before it is prepared", {"ops": (Zero(0), Relabel(((0, 1), (1, 0))), Zero(1))}),
    ("qubit never prepared", {"ops": (Zero(0),)}),
    ("unordered couplings that do not stand together", {"ops": (*START, FREE, Exchange(0, 1, as_value(1)), FREE)}),
    ("not a name for an unordered group", {"ops": (*START, replace(FREE, unordered="two words"))}),
    ("no observable", {"observables": ()}),
    ("observable on an unknown qubit", {"observables": (("e", PauliObservable(((2, "X"),))),)}),
    ("energy that is no number", {"readout": EnergyReadout(AWAY)}),
    ("unknown observable", {"readout": EnergyReadout(Moment("f"))}),
    ("unknown parameter", {"readout": EnergyReadout(ParameterEntry("L"))}),
    ("a moment outside the readout", {"readout": replace(ATOMIC, weight=Moment("e"))}),
    ("atomic readout without a centre", {"readout": ATOMIC, "sites": (Site("c", "O", "free"), Site("a", "H", "free"))}),
    ("unknown observable", {"readout": replace(ATOMIC, features=("f",))}),
    ("feature named twice", {"readout": replace(ATOMIC, features=("e", "e"))}),
    ("no feature", {"readout": replace(ATOMIC, features=())}),
    ("activation without a hidden layer", {"readout": replace(ATOMIC, hidden=(), activation="tanh")}),
    ("circuits apart by species in scope atom", {**ATOM, "readout": replace(ATOMIC, by_species=True)}),
    ("unfit width of a layer", {"readout": replace(ATOMIC, hidden=(8, 0))}),
    ("unknown activation", {"readout": replace(ATOMIC, activation="relu")}),
    ("weight that is no number", {"readout": replace(ATOMIC, weight=AWAY)}),
]


@pytest.mark.parametrize(("title", "changes"), CASES, ids=[f"{i}-{title}" for i, (title, _) in enumerate(CASES)])
def test_refusal(title: str, changes: dict[str, Any]) -> None:
    with pytest.raises(QffcError) as caught:
        replace(GOOD, **changes)
    assert caught.value.diagnostic.title == title


def test_the_programs_that_the_cases_change_are_good() -> None:
    assert replace(GOOD, readout=ATOMIC).centre == GOOD.site("c")
    replace(GOOD, channels=2, **angle(ParameterEntry("K", (ChannelIndex(),))))
    replace(GOOD, **angle(Radial(TABLE, norm(AWAY))))
    replace(GOOD, **ATOM, average=("inversion",), readout=replace(ATOMIC, weight=Moment("e"), features=(), hidden=()))


def test_what_is_known_of_declarations_hides_no_mistake():
    """Values are looked at once for the same sites and parameters, and again for others."""
    bad = Rotate(0, ParameterEntry("nowhere") * AWAY)
    for _ in range(2):
        with pytest.raises(QffcError, match="unknown parameter"):
            replace(GOOD, ops=(*GOOD.ops, bad))
    named = replace(GOOD, parameters=(*GOOD.parameters, Parameter("nowhere", ())), ops=(*GOOD.ops, bad))
    with pytest.raises(QffcError, match="unknown parameter"):
        replace(named, parameters=GOOD.parameters)
    with pytest.raises(QffcError, match="not a name for a parameter"):
        replace(named, parameters=(*named.parameters, Parameter("no name", ())))
