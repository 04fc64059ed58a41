"""JSON and TOML of files: one meaning, or a reason."""

import pytest

from qffc.passes.strict_documents import MOST_LEVELS, parse_json, parse_toml

DEEP = 100_000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * DEEP + "]" * DEEP, "brackets within brackets"),
        ('{"a":' * DEEP + "1" + "}" * DEEP, "brackets within brackets"),
        ("[" * (MOST_LEVELS + 1) + "]" * (MOST_LEVELS + 1), "brackets within brackets"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' is there twice"),
        ("NaN", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ('{"a": 1e999}', "1e999 is no number"),
        ("1" * 5000, "digits"),
        ("{", "Expecting"),
        ("", "Expecting"),
    ],
)
def test_json_that_says_nothing_clear_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_json(text)


def test_json_within_the_limits():
    text = "[" * MOST_LEVELS + "]" * MOST_LEVELS
    assert str(parse_json(text)) == text
    assert parse_json('{"a": [1, -2.5e-3, "x", null, true]}') == {"a": [1, -0.0025, "x", None, True]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * DEEP + "]" * DEEP, "brackets within brackets"),
        (".".join("a" * 500) + " = 1", "brackets within brackets"),
        ("[" + ".".join("a" * 500) + "]", "brackets within brackets"),
        ("a = 1\na = 2", "overwrite"),
        ("a =", "Invalid value"),
    ],
)
def test_toml_that_says_nothing_clear_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_toml(text)


def test_toml_within_the_limits():
    assert parse_toml("[search.program]\ndepth = [1, 2]") == {"search": {"program": {"depth": [1, 2]}}}
