"""What runs circuits, and whether it is installed. Plain look-ups of packages; nothing is loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from qffc.passes.target import EXACT


@dataclass(frozen=True)
class Engine:
    """A package that runs circuits.

    Args:
        name: as :attr:`qffc.passes.target.Target.engine` has it.
        packages: what is needed, with the oldest version that serves or None.
        extra: of qffc, that installs it.
        install: what the extra is, for pip.
        python: the oldest version of Python that the packages are made for, where qffc runs on older ones.
        built_in: where it is part of qffc, the version of how it draws shots: another one gives other shots of a seed.
    """

    name: str
    packages: tuple[tuple[str, str | None], ...]
    extra: str
    install: str
    python: str | None = None
    built_in: str | None = None

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of the packages; empty for what is missing. Its own where it is built in."""
        if self.built_in is not None:
            return (self.built_in,)
        return tuple(_version(package) for package, _ in self.packages)

    @property
    def installed(self) -> bool:
        """Whether every package is there, in the version that is needed."""
        if self.built_in is not None:
            return True
        return all(
            found and (oldest is None or _numbers(found) >= _numbers(oldest))
            for found, (_, oldest) in zip(self.versions, self.packages, strict=True)
        )

    @property
    def state(self) -> str:
        """A line about it for people."""
        if self.built_in is not None:
            return "built in; draws shots without noise from one exact state, 'qffc run --emulate' from the emulator"
        found = [f"{package} {v}" for (package, _), v in zip(self.packages, self.versions, strict=True) if v]
        if self.installed:
            return f"installed ({', '.join(found)})"
        return f"not installed; {self.advice}" + (f" (found {', '.join(found)})" if found else "")

    @property
    def advice(self) -> str:
        """What installs it."""
        where = f"on Python {self.python} or newer: " if self.python else ""
        return f"{where}pip install {self.install}, which is what the extra '{self.extra}' is"


# Guppy before version 1 comes with PECOS, and its Selene cannot read what it writes. Selene 0.2 starts each shot with
# the seed plus the number of the shot, so that circuits whose seeds are neighbours share their shots.
_ENGINES = (
    Engine(EXACT, (), "", "", built_in="1"),
    Engine("pecos", (("pytket-pecos", None), ("quantum-pecos", None)), "emulator", '"pytket-quantinuum[pecos]"'),
    Engine(
        "selene",
        (("guppylang", "1.2"), ("selene-sim", "0.3.7")),
        "selene",
        '"guppylang>=1.2" "selene-sim>=0.3.7"',
        python="3.12",
    ),
    Engine("qnexus", (("qnexus", None),), "nexus", "qnexus qir-qis"),
)


def engines() -> dict[str, Engine]:
    """Return everything that runs circuits, by name.

    Example:
        >>> list(engines())
        ['exact', 'pecos', 'selene', 'qnexus']
    """
    return {engine.name: engine for engine in _ENGINES}


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
