"""Names, options and references of the library."""

import pytest

import qffc as qf
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program
from qffc.library import load, load_reference, programs


def test_programs_have_a_line_each() -> None:
    sivqlm = [f"sivqlm-{name}" for name in ("lih", "h2o", "nh3", "h2o-dimer")]
    assert list(programs()) == ["water-demo", *sivqlm, "pair", "gathered", "initial", "revised", "ring", "all-pairs"]
    assert all(line.endswith(".") for line in programs().values())


@pytest.mark.parametrize("name", list(programs()))
def test_text_round_trip(name: str) -> None:
    program = load(name)
    assert parse_program(program.text) == program


@pytest.mark.parametrize(
    ("reference", "options"),
    [
        ("lib:water-demo", {}),
        ("lib:water-demo:tied=true,breaking=false", {"tied": True, "breaking": False}),
        ("lib:sivqlm-h2o:radial=bessel,cutoff=4.5", {"radial": "bessel", "cutoff": 4.5}),
        ("lib:pair:species=C,H,O,channels=2,hidden=16", {"species": ("C", "H", "O"), "channels": 2, "hidden": (16,)}),
    ],
)
def test_reference_is_typed_from_the_signature(reference: str, options: dict[str, object]) -> None:
    name = reference.split(":")[1]
    assert load_reference(reference) == load(name, **options)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("water-demo", "not a library reference"),
        (
            "lib:water",
            "expected: one of 'water-demo', 'sivqlm-lih', 'sivqlm-h2o', 'sivqlm-nh3', 'sivqlm-h2o-dimer', 'pair'",
        ),
        ("lib:water-demo:deep=2", "expected: one of 'depth', 'breaking', 'tied'"),
        ("lib:water-demo:depth=two", "expected: an integer"),
        ("lib:water-demo:tied=maybe", "expected: true or false"),
        ("lib:water-demo:tied", "option without a value"),
        ("lib:water-demo:depth=1,depth=2", "option given twice"),
        ("lib:sivqlm-h2o:radial=raws", "expected: one of 'raw', 'bessel'"),
        ("lib:pair:hidden=a,b", "expected: int values, such as hidden=32,32"),
        ("lib:water-demo:depth=0", "number of layers"),
        ("lib:pair:species=O,Xx", "unknown element"),
    ],
)
def test_mistakes_in_a_reference(reference: str, words: str) -> None:
    with pytest.raises(QffcError) as caught:
        load_reference(reference)
    assert words in str(caught.value)
    assert ".py" not in str(caught.value)


def test_options_of_load_are_checked() -> None:
    with pytest.raises(QffcError, match="depth='2'"):
        qf.load("water-demo", depth="2")


def test_rings_and_pairs_need_an_even_number_of_qubits() -> None:
    with pytest.raises(QffcError, match="number of qubits"):
        load("ring", qubits=5)
    assert len(load("all-pairs", qubits=6, depth=1).qubits) == 6
