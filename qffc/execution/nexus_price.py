"""What a machine charges, in the words of the service: its syntax checker looks at the circuits and costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from uuid import uuid4

from qffc.execution.backend import need_runner, price_of, shots_of_each
from qffc.execution.nexus_errors import explained
from qffc.execution.nexus_service import PROJECT, costs, upload
from qffc.ir.diagnostics import error
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit


@dataclass(frozen=True)
class ServicePrice:
    """A price that the service tells, beside that of the formula.

    Args:
        each: in HQC, of each circuit.
        confidence: in per cent, of the least certain of them; None where the service does not tell it.
        formula: in HQC, what qffc expects of all of them.
    """

    each: tuple[float, ...]
    confidence: float | None
    formula: float

    @property
    def price(self) -> float:
        """Of all circuits, in HQC.

        Example:
            >>> ServicePrice((6.5, 7.0), 95.0, 13.2).price
            13.5
        """
        return sum(self.each)


def service_price(circuits: Sequence[Circuit], target: Target, *, shots: int | Sequence[int]) -> ServicePrice:
    """Return what the syntax checker of a machine says that circuits cost; nothing is run, and nothing charged.

    Args:
        circuits: as for :func:`qffc.execution.backend.run_circuits`.
        target: with a checker.
        shots: of each circuit, or one number for all.

    Raises:
        QffcError: when the target has no checker, qnexus is missing, or Nexus does not answer.
    """
    if target.checker is None or target.machine is None:
        raise error(
            "price of a target that no service knows",
            found=f"'{target.name}' without {'a machine' if target.machine is None else 'a syntax checker'}",
            expected="a target of a machine with its checker, such as 'H2-1' or 'Helios-1'",
            help="price_of gives the price by the formula",
        )
    need_runner(target)
    each = shots_of_each(circuits, shots)
    formula = price_of(circuits, target, each)
    size = target.limits.circuits or max(len(circuits), 1)
    found: list[tuple[float, float]] = []
    with explained():
        nexus = import_module("qnexus")
        project = nexus.projects.get_or_create(name=PROJECT)
        for start in range(0, len(circuits), size):
            name, here = f"qffc-price-{uuid4().hex[:16]}", slice(start, start + size)
            programs = upload(nexus, target, circuits[here], project, name)
            found += costs(nexus, target, programs, shots=each[here], project=project, name=name)
    told = [confidence for _, confidence in found]
    least = min(told, default=-1.0)
    return ServicePrice(tuple(cost for cost, _ in found), None if least < 0 else least, formula)
