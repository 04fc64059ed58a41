"""Processes that were forked after JAX had computed are refused: JAX may wait there for threads that are gone."""

from __future__ import annotations

import os

from qffc.ir.diagnostics import error

_computed_in: list[int] = []
"""The process that computed first, once there was one; a forked process inherits it, a spawned one does not."""


def refuse_forked() -> None:
    """Stop in a process that was forked from one where numbers of a model had been computed.

    Raises:
        QffcError: says what works instead.

    Example:
        >>> refuse_forked()
    """
    here = os.getpid()
    if not _computed_in:
        _computed_in.append(here)
    if _computed_in[0] != here:
        raise error(
            "model in a forked process",
            found=f"process {here}, forked from {_computed_in[0]} after numbers of a model were computed there",
            expected="a process that was spawned: JAX does not support forks, and may hang in them",
            help="use multiprocessing.get_context('spawn').Pool(...); models and calculators can be sent to it",
        )
