"""Options of references: set, and varied."""

from __future__ import annotations

import pytest

from qffc.ir.diagnostics import QffcError
from qffc.studies.program_options import is_family, members_of, with_options


@pytest.mark.parametrize(
    ("reference", "options", "expected"),
    [
        ("lib:pair", {}, "lib:pair"),
        ("lib:pair", {"depth": 2}, "lib:pair:depth=2"),
        ("lib:pair:species=C,H,depth=1", {"depth": 2, "damped": True}, "lib:pair:species=C,H,depth=2,damped=true"),
        ("a/mine.py:water", {"depth": 2}, "a/mine.py:water:depth=2"),
        ("a/mine.py:water:depth=1", {"depth": 2}, "a/mine.py:water:depth=2"),
    ],
)
def test_with_options(reference, options, expected):
    assert with_options(reference, options) == expected


@pytest.mark.parametrize("reference", ["water.qffc", "runs/water", "mine.py"])
def test_programs_without_options(reference):
    assert not is_family(reference)
    assert members_of(reference)[0].options == ()
    with pytest.raises(QffcError, match="program without options"):
        with_options(reference, {"depth": 2})


def test_members_of_a_family():
    members = members_of("lib:ring:qubits=4..8..2,depth=1,3")
    assert [member.options for member in members[:3]] == [
        (("qubits", 4), ("depth", 1)),
        (("qubits", 4), ("depth", 3)),
        (("qubits", 6), ("depth", 1)),
    ]
    assert members[-1].reference == "lib:ring:qubits=8,depth=3"
    assert len(members) == 6


@pytest.mark.parametrize("reference", ["lib:ring:qubits=4", "lib:pair:species=O,H"])
def test_one_program_is_no_family(reference):
    assert not is_family(reference)
    (member,) = members_of(reference)
    assert (member.reference, member.options) == (reference, ())


def test_empty_range():
    with pytest.raises(QffcError, match="range that is empty"):
        members_of("lib:ring:qubits=8..4")


@pytest.mark.parametrize("options", ["qubits=4..1000000000..2", "qubits=4..204,depth=1..200", "depth=1..10001"])
def test_families_that_would_fill_the_memory_are_refused(options):
    with pytest.raises(QffcError, match="family of too many programs"):
        members_of(f"lib:ring:{options}")


def test_what_is_too_long_or_no_digit_is_no_number():
    for text in ("9" * 5000 + "..2", "4.." + "9" * 5000, "²,4"):
        assert not is_family(f"lib:ring:qubits={text}")
