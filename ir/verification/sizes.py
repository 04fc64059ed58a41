"""The verifier's rules for sizes: what a program declares fits into memory."""

from __future__ import annotations

from itertools import pairwise
from math import comb, prod

from qffc.ir.declarations import AtomicReadout, Parameter
from qffc.ir.diagnostics import error
from qffc.ir.draft import Draft
from qffc.ir.exchange_group import count_text

MOST_NUMBERS = 10**7
"""Trainable numbers in all tables together, and in the head."""
MOST_CHANNELS = 10**4
MOST_RADIAL = 1_000
"""Radial functions of a basis: the last of so many changes its sign every few thousandths of an Angstrom."""


def verify_sizes(program: Draft) -> None:
    """Refuse tables, channels, bases and heads that are too large to be held, before any of them is made."""
    if program.channels > MOST_CHANNELS:
        raise error(
            "too many channels",
            found=count_text(program.channels),
            expected=f"at most {MOST_CHANNELS:,}",
            help="each channel is a copy of the circuit: use fewer",
            where="channels",
        )
    for parameter in program.parameters:
        if parameter.basis is not None:
            _verify_radial(parameter.basis.size, f"parameter '{parameter.name}'", parameter)
    if table_numbers(program) > MOST_NUMBERS:
        largest = max(program.parameters, key=lambda parameter: prod(program.shape(parameter)))
        raise error(
            "too many numbers in tables",
            found=f"{count_text(table_numbers(program))}, most of them in '{largest.name}'",
            expected=f"at most {MOST_NUMBERS:,} in all tables together",
            help="make its axes smaller",
            span=largest.span,
        )
    if isinstance(program.readout, AtomicReadout):
        _verify_head(program, program.readout)


def table_numbers(program: Draft) -> int:
    """Return how many numbers the tables of a program hold.

    Example:
        >>> from qffc.library import load
        >>> table_numbers(load("water-demo", depth=1))
        16
    """
    return sum(prod(program.shape(parameter)) for parameter in program.parameters)


def _verify_radial(size: int, where: str, parameter: Parameter | None = None) -> None:
    if size > MOST_RADIAL:
        raise error(
            "too many radial functions",
            found=f"{count_text(size)} in {where}",
            expected=f"at most {MOST_RADIAL:,}",
            help="8 to 32 describe a learned function of a distance",
            span=None if parameter is None else parameter.span,
            where="readout" if parameter is None else None,
        )


def head_numbers(program: Draft) -> int:
    """Return how many numbers the network of an atomic readout holds, counted without a list of its features.

    Example:
        >>> from qffc.library import load
        >>> head_numbers(load("pair", hidden=(4,))) == 2 * ((16 + 1) * 4 + (4 + 1) * 1)
        True
    """
    readout = program.readout
    if not isinstance(readout, AtomicReadout):
        return 0
    species = len(program.species)
    features = _features(program, readout)
    widths = (features, *readout.hidden, 1)
    numbers = species * sum((before + 1) * after for before, after in pairwise(widths))
    if readout.rounds is not None:
        later, vectors = readout.rounds.count - 1, len(program.turning) * program.channels
        width, size, carried = readout.hidden[0], readout.rounds.basis.size, readout.rounds.vectors
        numbers += later * species * (features + 2 * width + 1 + width + species * size) * width
        numbers += later * species * carried * (vectors + width + 3 * species * size)
    if readout.messages is not None:
        width, size = readout.hidden[0], readout.messages.basis.size
        numbers += readout.messages.rounds * species * width * (species * size + 3 * width + 1)
    return numbers


def _verify_head(program: Draft, readout: AtomicReadout) -> None:
    for name, what in (("messages", readout.messages), ("rounds", readout.rounds)):
        if what is not None:
            _verify_radial(what.basis.size, f"the {name}")
    if head_numbers(program) > MOST_NUMBERS:
        numbers, features = (count_text(count) for count in (head_numbers(program), _features(program, readout)))
        raise error(
            "too many numbers in the head",
            found=f"{numbers}, for {features} features of each of {len(program.species)} species",
            expected=f"at most {MOST_NUMBERS:,}",
            help="use narrower layers, fewer features or fewer rounds",
            where="readout",
        )


def _features(program: Draft, readout: AtomicReadout) -> int:
    """The features of an atom, counted without a list of them."""
    groups = 1
    if readout.by_species:
        neighbours = sum(site.role == "neighbour" for site in program.sites)
        groups = comb(len(program.species) + neighbours - 1, neighbours)
    return groups * program.channels * max(1, len(readout.features))
