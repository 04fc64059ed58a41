"""Errors of qnexus and of the network, in the words of qffc."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qffc.ir.diagnostics import QffcError, error

_AGAIN = "run the same again: submitted jobs are found, none is paid twice"
_NETWORK = ("httpx", "httpcore", "websockets", "ssl", "asyncio")
"""Packages that qnexus speaks through."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn what qnexus and the network raise into diagnostics that say what to do."""
    try:
        yield
    except QffcError:
        raise
    except Exception as problem:
        raise _in_words(problem) from problem


def is_gone(problem: BaseException) -> bool:
    """Whether an error says that what was asked for is not there, or no longer."""
    return bool(_names(problem) & {"ZeroMatches", "DataGone"}) or _status(problem) in (404, 410)


def _in_words(problem: Exception) -> QffcError:
    found = f"{type(problem).__name__}: {problem}".rstrip(": ")
    status = _status(problem)
    if status == 401 or (status is None and "AuthenticationError" in _names(problem)):
        return error(
            "not logged in to Nexus", found=found, expected="a login", help=f"log in with 'qnx login', then {_AGAIN}"
        )
    if status in (402, 403):
        return error(
            "refused by Nexus",
            found=found,
            expected="an account whose quota and rights allow this",
            help=f"look at the quota of the account and at who may use the machine, then {_AGAIN}",
        )
    network = isinstance(problem, OSError | TimeoutError) or type(problem).__module__.split(".")[0] in _NETWORK
    if network or (status is not None and (status == 429 or status >= 500)):
        return error(
            "no answer from Nexus",
            found=found,
            expected="a connection, and a service that is up",
            help=f"look at the connection, or wait, then {_AGAIN}",
        )
    return error(
        "call of qnexus that failed",
        found=found,
        expected="qnexus 0.51, and a request that Nexus takes",
        help=f"read the message of Nexus, then {_AGAIN}",
    )


def _names(problem: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(problem).__mro__}


def _status(problem: BaseException) -> int | None:
    status = getattr(problem, "status_code", None)
    return status if isinstance(status, int) else None
