"""The noisy kernel of a program for a target, and the lowering that puts it in the place of the exact one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields

import jax

from qffc.ir.diagnostics import QffcError, error
from qffc.ir.program import Program
from qffc.passes.circuit.split_program import Split, split_program
from qffc.passes.lower_jax.kernel import KernelFunctions, KernelName, takes_native
from qffc.passes.lower_jax.kernel_derivatives import differentiable
from qffc.passes.lower_jax.kernel_protocol import Differentiable
from qffc.passes.lower_jax.program import JaxProgram
from qffc.passes.lower_jax.shapes import need_slots
from qffc.passes.measurement.plan import plan_measurement
from qffc.passes.measurement.setting_cone import seen_by
from qffc.passes.measurement.settings import MeasurementPlan, measurement_plan
from qffc.passes.noisy.channels import Strengths
from qffc.passes.noisy.kernel import NoisyKernel
from qffc.passes.noisy.native import NativeNoisyKernel
from qffc.passes.noisy.sampled import SAMPLES, SampledKernel
from qffc.passes.noisy.structure import SettingCircuit, setting_circuit
from qffc.passes.target import CostWeights, MinimumAngles, Target
from qffc.passes.target_noise import NoiseModel

MOST_QUBITS = 6
"""A state has 4^qubits numbers, for every circuit and, in training, for every gate."""
MOST_SAMPLED = 12
"""Qubits of circuits whose faults are sampled: a state has 2^qubits amplitudes, for every circuit and sample."""
PREFIX = "noisy "
"""How the names of noisy kernels begin."""
_VERSION = 1


def noisy_kernel(split: Split, target: Target, plan: MeasurementPlan | None = None) -> NoisyKernel:
    """Return the kernel that gives what the circuits of :mod:`qffc.passes.lower_pytket` give on a target.

    Noise is that of :class:`qffc.passes.target_noise.NoiseModel`, gate by gate as the emulators apply it, without shot
    noise. A gate counts with its noise whatever its angle is: that an exchange by nothing is left out of a circuit is
    not seen here.

    Args:
        split: a program of singlets, rotations, exchanges and relabels.
        target: with noise, and gates TK2 between any two qubits.
        plan: what is measured. Left out, the settings of :func:`plan_measurement` at random points; where their
            circuits are not emitted gate by gate, Pauli bases.

    Raises:
        QffcError: when the target has no noise, or its circuits are none whose gates stand in one order, or there are
            too many qubits.

    Example:
        >>> import jax.numpy as jnp
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> split = split_program(load("sivqlm-lih", depth=1))
        >>> kernel = noisy_kernel(split, target("H2-1"))
        >>> kernel.moments(jnp.zeros((1, split.slot_count))).shape
        (1, 1)
    """
    _need_noise(target)
    if split.qubit_count > MOST_QUBITS:
        raise error(
            "too many qubits for a density matrix",
            found=f"{split.qubit_count} qubits in '{split.program.name}'",
            expected=f"at most {MOST_QUBITS}: with noise a state has 4^qubits numbers",
            help="take sampled_kernel, which samples faults of states",
        )
    chosen, circuits = _measured(split, target, plan)
    return NoisyKernel(split, Strengths(target), chosen, circuits)


def sampled_kernel(
    split: Split,
    target: Target,
    plan: MeasurementPlan | None = None,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    name: KernelName = "auto",
) -> SampledKernel:
    """Return the kernel that samples the noise that :func:`noisy_kernel` has as it is, for more qubits.

    Args:
        split: a program of singlets, rotations, exchanges and relabels.
        target: with noise, and gates TK2 between any two qubits.
        plan: what is measured, as for :func:`noisy_kernel`.
        samples: with faults, of each setting.
        seed: what reproduces them.
        name: which kernel computes states.

    Raises:
        QffcError: as for :func:`noisy_kernel`; above 12 qubits; when there is no sample.

    Example:
        >>> import jax.numpy as jnp
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> split = split_program(load("sivqlm-lih", depth=1))
        >>> kernel = sampled_kernel(split, target("H2-1"), samples=4)
        >>> kernel.moments(jnp.zeros((1, split.slot_count))).shape
        (1, 1)
    """
    _need_noise(target)
    if split.qubit_count > MOST_SAMPLED:
        raise error(
            "too many qubits for samples of noise",
            found=f"{split.qubit_count} qubits in '{split.program.name}'",
            expected=f"at most {MOST_SAMPLED}: a state has 2^qubits amplitudes, for every circuit and sample",
            help="use fewer qubits a circuit, or train without noise",
        )
    if samples < 1:
        raise error(
            "no sample of noise",
            found=f"{samples}",
            expected="a whole number from 1 on",
            help=f"leave it out for {SAMPLES}",
        )
    chosen, circuits = _measured(split, target, plan)
    return SampledKernel(split, Strengths(target), chosen, circuits, samples, seed, name)


def _need_noise(target: Target) -> None:
    if target.noise is None or target.noise.silent:
        raise error(
            "target without noise",
            found=f"'{target.name}'",
            expected="a target with figures of its noise, such as 'H2-1'",
            help="train without it, or give the target a section [noise]",
        )


def _measured(
    split: Split, target: Target, plan: MeasurementPlan | None
) -> tuple[MeasurementPlan, tuple[SettingCircuit, ...]]:
    """Settings whose circuits are emitted gate by gate, and these circuits."""
    plans = (
        [plan_measurement(split), measurement_plan(split.observables, split.qubit_count)] if plan is None else [plan]
    )
    for each in plans:
        if all(_gate_by_gate(split, target, each)):
            return each, tuple(setting_circuit(seen_by(split, setting), setting) for setting in each.settings)
    raise _other_circuits(split, target)


def noisy_functions(
    kernel: NoisyKernel | SampledKernel, name: KernelName = "auto"
) -> Differentiable[jax.Array, jax.Array]:
    """Return the functions of a kernel as JAX differentiates them: moments, and their derivative along a direction.

    Args:
        kernel: from :func:`noisy_kernel` or :func:`sampled_kernel`.
        name: ``native``, ``portable``, or ``auto`` for the native one where it is there; a kernel that samples has its
            own.

    Raises:
        QffcError: when the native one is asked for and was not built; by the functions, for slots of another shape.

    Example:
        >>> import jax.numpy as jnp
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> split = split_program(load("sivqlm-lih", depth=1))
        >>> functions = noisy_functions(noisy_kernel(split, target("H2-1")))
        >>> functions.moments(jnp.zeros((3, split.slot_count))).shape
        (3, 1)
    """
    functions = (
        differentiable(NativeNoisyKernel(kernel))
        if isinstance(kernel, NoisyKernel) and takes_native(name)
        else Differentiable(kernel.moments, kernel.moments_along)
    )

    def moments(slots: jax.Array) -> jax.Array:
        need_slots(kernel.split, slots)
        return functions.moments(slots)

    def moments_along(slots: jax.Array, direction: jax.Array) -> tuple[jax.Array, jax.Array]:
        need_slots(kernel.split, slots, direction)
        return functions.moments_along(slots, direction)

    return Differentiable(moments, moments_along)


def _gate_by_gate(split: Split, target: Target, plan: MeasurementPlan) -> list[bool]:
    """Of each setting, whether its gates stand in one order whatever the numbers are."""
    from qffc.passes.lower_pytket.kernel import PytketKernel  # pytket is heavy

    if not target.native:
        return [False]
    kernel = PytketKernel(split, target, fix_frame=True)
    return [kernel.measuring(setting).gate_by_gate for setting in plan.settings]


def _other_circuits(split: Split, target: Target) -> QffcError:
    kinds = ", ".join(sorted({op.kind for op in split.ops}))
    gates = ", ".join(target.gates) or "none"
    return error(
        "circuits whose noise is not known beforehand",
        found=f"'{split.program.name}' of {kinds}, for '{target.name}', which prefers {target.two_qubit} of {gates}",
        expected="singlets, rotations and exchanges, for a target that prefers TK2 between any two qubits",
        help="their gates depend on their angles: emulate them, 'qffc run --target H2-1LE-noisy'",
    )


@dataclass(frozen=True)
class NoisyLowering:
    """A lowering to JAX whose kernel has the noise of a target; equal ones make equal functions.

    Up to six qubits noise is computed as it is, above that its faults are sampled.

    Args:
        target: with its noise.
        kernel: which kernel computes, as :func:`noisy_functions` takes it.
        samples: of faults, where they are sampled.
        seed: what reproduces these.

    Example:
        >>> from qffc.library import load
        >>> from qffc.targets.catalogue import target
        >>> lowering = NoisyLowering(target("H2-1"))
        >>> lowering(load("sivqlm-lih", depth=1)).kernel.name == lowering.name
        True
        >>> NoisyLowering.of_name(lowering.name).target.noise == target("H2-1").noise
        True
    """

    target: Target
    kernel: KernelName = "auto"
    samples: int = SAMPLES
    seed: int = 0

    def __repr__(self) -> str:
        return f"NoisyLowering(target of {self.target.name})"

    def __call__(self, program: Program) -> JaxProgram:
        """Return the functions of a program."""
        split = split_program(program)
        if split.qubit_count > MOST_QUBITS:
            sampled = sampled_kernel(split, self.target, samples=self.samples, seed=self.seed, name=self.kernel)
            functions = noisy_functions(sampled, self.kernel)
        else:
            functions = noisy_functions(noisy_kernel(split, self.target), self.kernel)
        return JaxProgram(split, KernelFunctions(self.name, functions.moments, functions.moments_along))

    @property
    def name(self) -> str:
        """All that the kernel depends on but the program: figures, costs and smallest angles."""
        parts: dict[str, object] = {
            "version": _VERSION,
            "target": self.target.name,
            "noise": asdict(self.target.noise or NoiseModel()),
            "weights": asdict(self.target.weights),
            "minimum": asdict(self.target.minimum),
            "gates": list(self.target.gates),
        }
        if (self.samples, self.seed) != (SAMPLES, 0):
            parts["faults"] = [self.samples, self.seed]
        return PREFIX + json.dumps(parts, sort_keys=True)

    @classmethod
    def of_name(cls, name: str) -> NoisyLowering:
        """Return the lowering whose kernel has a name.

        Raises:
            QffcError: when it is no name of a noisy kernel of this version.
        """
        try:
            parts = json.loads(name.removeprefix(PREFIX))
            if parts.pop("version") != _VERSION or not name.startswith(PREFIX):
                raise ValueError("another version")
            samples, seed = map(int, parts.pop("faults", (SAMPLES, 0)))
            weights = dict(parts["weights"])
            weights["by_gate"] = tuple((str(gate), float(cost)) for gate, cost in weights["by_gate"])
            noise = NoiseModel(**{field.name: parts["noise"][field.name] for field in fields(NoiseModel)})
            target = Target(
                parts["target"],
                f"the noise of {parts['target']}",
                None,
                tuple(parts["gates"]),
                weights=CostWeights(**weights),
                minimum=MinimumAngles(**parts["minimum"]),
                noise=noise,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise error(
                "noise of a model that cannot be read",
                found=f"{name[:60]}...: {problem}",
                expected="what this version of qffc writes for a model that was trained with noise",
                help="the file was changed by hand, or by another version: train again or use a copy",
            ) from None
        return cls(target, samples=samples, seed=seed)
