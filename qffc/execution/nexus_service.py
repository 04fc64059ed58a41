"""What qnexus is told and what it tells: circuits for H2, programs for Helios, a configuration for each, and outcomes.

Machines run circuits as they are, in native gates; hosted emulators apply the service's own noise of their machine, or
none where the target has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qffc.execution.helios_program import helios_program, program_outcomes
from qffc.passes.machines import is_helios, is_hosted_emulator
from qffc.passes.target import Target

if TYPE_CHECKING:
    from pytket.circuit import Circuit

PROJECT = "qffc"
"""The project in Nexus that circuits and jobs belong to."""
_HUGR = b"HUGR"
"""How a program that is a package of HUGR begins; every other one is QIR."""


def upload(nexus: Any, target: Target, circuits: Sequence[Circuit], project: Any, name: str) -> list[Any]:
    """Upload circuits in the form that the machine takes; costs nothing.

    Args:
        nexus: the module qnexus.
        target: with a machine.
        circuits: with measurements.
        project: where they belong to.
        name: of the job; those of circuits have a number behind it.
    """
    return [
        _uploaded(nexus, target, circuit, {"project": project, "name": f"{name}-{index}"})
        for index, circuit in enumerate(circuits)
    ]


def start(
    nexus: Any,
    target: Target,
    programs: Sequence[Any],
    circuits: Sequence[Circuit],
    *,
    shots: Sequence[int],
    limits: Sequence[float],
    project: Any,
    name: str,
) -> Any:
    """Start a job and return it; from here on it costs credits.

    Args:
        nexus: the module qnexus.
        target: with a machine.
        programs: what :func:`upload` returned.
        circuits: that they were made of.
        shots: of each.
        limits: of the price of each, in HQC; the service stops a program there.
        project: where the job belongs to.
        name: of the job.
    """
    # A program says nothing of its size, and qubits are allocated while it runs.
    sizes = {"n_qubits": [circuit.n_qubits for circuit in circuits]} if _takes_programs(target) else {}
    where = {"target_region": target.region} if target.region else {}
    return nexus.start_execute_job(
        programs=list(programs),
        n_shots=list(shots),
        backend_config=_configuration(nexus, target),
        name=name,
        project=project,
        max_cost=list(limits),
        **sizes,
        **where,
    )


def costs(
    nexus: Any, target: Target, programs: Sequence[Any], *, shots: Sequence[int], project: Any, name: str
) -> list[tuple[float, float]]:
    """Return what the syntax checker of a machine says that programs cost: HQC, and the confidence in per cent.

    Takes a job of its own, which costs nothing. A negative confidence is one that the service does not tell.
    """
    where = {"target_region": target.region} if target.region else {}
    assert target.checker is not None
    job = nexus.start_execute_job(
        programs=list(programs),
        n_shots=list(shots),
        backend_config=_bare_configuration(nexus, target, target.checker),
        name=name,
        project=project,
        **where,
    )
    nexus.jobs.wait_for(job)
    return [(float(cost), float(confidence)) for cost, confidence in nexus.jobs.cost_confidence(job)]


def outcomes(nexus: Any, item: Any, circuit: Circuit) -> dict[str, int]:
    """Return the counts of what a job gave for a circuit, as strings of its bits in order.

    Raises:
        QffcError: when they are not outcomes of the circuit.
    """
    references = nexus.models.references
    if item.result_type != references.ResultType.QSYS:
        counts = item.download_result().get_counts(cbits=circuit.bits)
        return {"".join(map(str, bits)): int(number) for bits, number in counts.items() if number}
    # Raw, since qnexus 0.51.1 repeats shots when it joins the parts of a long result of QIR in the form of QIR.
    result = item.download_result(version=references.ResultVersions.RAW)
    return program_outcomes(circuit, [list(shot) for shot in result.results])


def _uploaded(nexus: Any, target: Target, circuit: Circuit, where: dict[str, Any]) -> Any:
    if not _takes_programs(target):
        return nexus.circuits.upload(circuit=circuit, **where)
    program = helios_program(circuit)
    if program.startswith(_HUGR):
        return nexus.hugr.upload(hugr_package=import_module("hugr.package").Package.from_bytes(program), **where)
    return nexus.qir.upload(qir=program, **where)


def _configuration(nexus: Any, target: Target) -> Any:
    """Of a machine or a hosted emulator."""
    assert target.machine is not None
    if not is_hosted_emulator(target.machine):
        return _bare_configuration(nexus, target, target.machine)
    if not _takes_programs(target):
        return _bare_configuration(nexus, target, target.machine, noisy_simulation=target.noise is not None)
    quiet = {} if target.noise else {"error_model": nexus.models.NoErrorModel()}
    emulator = nexus.models.HeliosEmulatorConfig(**quiet)
    return _bare_configuration(nexus, target, target.machine, emulator_config=emulator)


def _bare_configuration(nexus: Any, target: Target, name: str, **more: object) -> Any:
    """Of anything that takes what the machine of a target takes; circuits are to be left as they are."""
    if _takes_programs(target):
        return nexus.HeliosConfig(system_name=name, **more)
    return nexus.QuantinuumConfig(
        device_name=name,
        allow_implicit_swaps=False,
        no_opt=True,
        allow_2q_gate_rebase=False,
        target_2qb_gate=target.two_qubit,
        **more,
    )


def _takes_programs(target: Target) -> bool:
    return target.machine is not None and is_helios(target.machine)
