"""The figures: what qffc does, and what a named peer does beside it. Everything is made when it is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import jax
import numpy as np
from ase.build import molecule
from ase.calculators.emt import EMT
from lark import Lark
from pytket.circuit import Circuit, OpType
from pytket.passes import RemoveRedundancies

import qffc as qf
from benchmarks.by_commit.by_turns import by_turns
from benchmarks.compile_peers import DEVICES, PLACE, compiled_by_pytket, counted, slots_at
from benchmarks.engine.reference import answer
from benchmarks.engine.work import Work
from benchmarks.pair_step import PairStep, pair_step
from qffc.ir import Program, parse_program
from qffc.ir.text.operation_grammar import lark_rules
from qffc.passes.circuit.split_program import split_program
from qffc.passes.counts import CircuitCounts
from qffc.passes.equivariance.numbers.generic_point import generic_slots
from qffc.passes.equivariance.numbers.random_point import random_point
from qffc.passes.equivariance.verdict import Transform
from qffc.passes.lower_pytket.compare import naive_circuit
from qffc.passes.lower_pytket.kernel import PytketKernel
from qffc.passes.pipeline import run_pipeline
from qffc.passes.pipeline_text import parse_pipeline

Ratios = list[float]
GEOMETRIES = 100


@dataclass(frozen=True)
class Figure:
    """A ratio, the peer over qffc.

    Args:
        name: of what qffc does.
        peer: what it is held beside.
        measure: seconds that the measurement may take, to ratios by round.
    """

    name: str
    peer: str
    measure: Callable[[float], Ratios]


def _python(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def _importing(seconds: float) -> Ratios:
    return by_turns(_python("import qffc"), _python("import numpy"), seconds)


def _checking_at_all(seconds: float) -> Ratios:
    ours = "import sys; sys.argv = ['qffc', 'check', 'lib:pair']; from qffc.cli import main; main()"
    return by_turns(_python(ours), _python("import sympy"), seconds)


@cache
def _wide() -> Program:
    """40 qubits, 2,020 operations."""
    return qf.load("ring", qubits=40, depth=25)


def _reading(seconds: float) -> Ratios:
    text = _wide().text
    grammar = files("qffc.ir.text").joinpath("program.lark").read_text(encoding="utf-8") + lark_rules()
    lark = Lark(grammar, parser="lalr", start="line", propagate_positions=True, maybe_placeholders=False)
    lines = [line for line in text.splitlines()[1:] if line.strip()]
    return by_turns(lambda: parse_program(text), lambda: [lark.parse(line) for line in lines], seconds)


def _checking(seconds: float) -> Ratios:
    work = Work("ring", qubits=8, layers=4, molecules=1, centres=1)
    text = qf.load("ring", qubits=8, depth=4).text
    return by_turns(lambda: qf.check(parse_program(text)), lambda: answer(work), seconds)


def _canonicalizing(seconds: float) -> Ratios:
    steps, circuit = parse_pipeline("canonicalize"), _as_written(_wide())
    return by_turns(
        lambda: run_pipeline(steps, _wide(), PLACE), lambda: RemoveRedundancies().apply(circuit.copy()), seconds
    )


def _as_written(program: Program) -> Circuit:
    """The circuit as a user of pytket writes it, at a random geometry."""
    kernel = PytketKernel(split_program(program), PLACE)
    point, *_ = random_point(program, Transform("nothing"), np.random.default_rng(0)).instances(program)
    return naive_circuit(kernel, slots_at(kernel.split, point))


def _by_pytket(program: Program) -> Callable[[], object]:
    circuit = _as_written(program)
    return lambda: DEVICES[OpType.ZZPhase].get_compiled_circuit(circuit)


def _compiling(seconds: float) -> Ratios:
    program = qf.load("pair")
    return by_turns(lambda: qf.compile(program, target=PLACE.name, level=2).circuit(), _by_pytket(program), seconds)


def _binding_one(seconds: float) -> Ratios:
    program = qf.load("pair")
    kernel = qf.compile(program, target=PLACE.name, level=2).kernel
    slots = generic_slots(kernel.split)
    return by_turns(lambda: kernel.bind(slots), _by_pytket(program), seconds)


def _binding_many(seconds: float) -> Ratios:
    program = qf.load("pair")
    kernel = qf.compile(program, target=PLACE.name, level=2).kernel
    rows = np.random.default_rng(0).normal(size=(GEOMETRIES, kernel.split.slot_count))
    return [GEOMETRIES * ratio for ratio in by_turns(lambda: kernel.bind_many(rows), _by_pytket(program), seconds)]


@cache
def _ring_by_pytket() -> tuple[CircuitCounts, ...]:
    """What pytket makes of the ring at each level, told to use TK2 and by default."""
    plain = _as_written(_ring())
    return tuple(count for gate in (OpType.TK2, OpType.ZZPhase) for count in counted(compiled_by_pytket(plain, gate)))


@cache
def _ring() -> Program:
    return qf.load("ring", qubits=8, depth=6)


def _of_ring(what: str) -> Callable[[float], Ratios]:
    def measure(seconds: float) -> Ratios:
        del seconds  # a number of gates is what it is
        best = min(getattr(each, what) for each in _ring_by_pytket())
        return [best / getattr(qf.compile(_ring(), target=PLACE.name, level=2).counts, what)]

    return measure


@cache
def _steps() -> tuple[PairStep, PairStep]:
    with jax.enable_x64(True):
        return pair_step(plain=False), pair_step(plain=True)


def _moments(seconds: float) -> Ratios:
    with jax.enable_x64(True):
        slots = np.random.default_rng(0).normal(size=(120, _steps()[0].parts.split.slot_count))
        ours, peer = (jax.jit(step.parts.moments).lower(slots).compile() for step in _steps())
        return by_turns(lambda: jax.block_until_ready(ours(slots)), lambda: jax.block_until_ready(peer(slots)), seconds)


@cache
def _compiled_steps() -> dict[bool, jax.stages.Compiled]:
    """Compiled in double precision, of the peer if true: kept, since the peer takes long."""
    return {}


def _compile_step(plain: bool) -> Callable[[], object]:
    return lambda: _compiled_steps().update({plain: _steps()[plain].compiled()})


def _compiling_step(seconds: float) -> Ratios:
    with jax.enable_x64(True):
        return by_turns(_compile_step(plain=False), _compile_step(plain=True), seconds, fewest=3, warm=False)


def _double(plain: bool) -> Callable[[], object]:
    """A step in double precision."""
    if plain not in _compiled_steps():
        _compile_step(plain)()
    return _runs(_steps()[plain], _compiled_steps()[plain])


def _runs(step: PairStep, compiled: jax.stages.Compiled) -> Callable[[], object]:
    return lambda: jax.block_until_ready(compiled(step.arrays, *step.batch))


def _step(seconds: float) -> Ratios:
    with jax.enable_x64(True):
        return by_turns(_double(plain=False), _double(plain=True), seconds)


def _single_step(seconds: float) -> Ratios:
    with jax.enable_x64(False):
        step = pair_step(plain=False)
        compiled = step.compiled()
    with jax.enable_x64(True):
        return by_turns(_runs(step, compiled), _double(plain=True), seconds)


def _calculator(seconds: float) -> Ratios:
    random = np.random.default_rng(0)

    def moving(calculator: object) -> Callable[[], object]:
        atoms = molecule("CH3CH2OH")
        rest = atoms.get_positions()
        atoms.calc = calculator

        def step() -> None:
            atoms.set_positions(rest + random.normal(0, 0.01, rest.shape))
            atoms.get_potential_energy()
            atoms.get_forces()

        return step

    return by_turns(moving(qf.Calculator("trained:ethanol-pair")), moving(EMT()), seconds)


FIGURES = (
    Figure("import qffc", "import numpy, in processes", _importing),
    Figure("qffc check lib:pair, from the shell", "import sympy, in processes", _checking_at_all),
    Figure("read 2,020 operations", "lark with the same grammar", _reading),
    Figure("read and check ring of 8, depth 4", "its gradient, dense in NumPy", _checking),
    Figure("canonicalize 2,020 operations", "pytket's RemoveRedundancies", _canonicalizing),
    Figure("compile pair, -O2, with its proof", "pytket by default", _compiling),
    Figure("bind pair", "pytket compiling it", _binding_one),
    Figure("bind pair, 100 at once, each", "pytket compiling it", _binding_many),
    Figure("cost of ring of 8, depth 6", "pytket's best level", _of_ring("cost")),
    Figure("two-qubit depth of ring of 8, depth 6", "pytket's best level", _of_ring("two_qubit_depth")),
    Figure("moments of 120 circuits", "matrices in plain JAX", _moments),
    Figure("compile a training step", "matrices in plain JAX", _compiling_step),
    Figure("training step with forces, float64", "matrices in plain JAX", _step),
    Figure("training step with forces, float32", "matrices in plain JAX, float64", _single_step),
    Figure("ASE step of trained:ethanol-pair", "EMT of ASE", _calculator),
)
