"""Suites of `qffc.testing`, run on subjects that must fail."""

from unittest import SkipTest


def checks_of(suite: type) -> list[str]:
    """The names of all tests of a suite."""
    return [name for name in dir(suite) if name.startswith("test_")]


def failed(suite: type) -> set[str]:
    """The tests of a suite that fail, without their prefix; any error but a failed assertion is raised."""
    found = {}
    for name in checks_of(suite):
        try:
            getattr(suite(), name)()
        except SkipTest:
            continue
        except AssertionError as failure:
            found[name.removeprefix("test_")] = str(failure)
    assert all(found.values())
    return set(found)
