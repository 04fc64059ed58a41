"""The noisy kernel of a program for a target."""

from __future__ import annotations

from qffc.passes.circuit.split_program import Split
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.setting_cone import seen_by
from qffc.passes.measurement.settings import MeasurementPlan
from qffc.passes.noisy.channels import Strengths
from qffc.passes.noisy.kernel import NoisyKernel
from qffc.passes.noisy.structure import setting_circuit
from qffc.passes.target import Target


def noisy_kernel(split: Split, target: Target, plan: MeasurementPlan | None = None) -> NoisyKernel:
    """Return the noisy kernel."""
    plan = plan_measurement(split) if plan is None else plan
    circuits = tuple(setting_circuit(seen_by(split, setting), setting) for setting in plan.settings)
    return NoisyKernel(split, Strengths(target), plan, circuits)
