"""What is measured: a cell is one task of one engine, run in a process of its own. Needs the standard library alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from benchmarks.engine.work import Work

REVERSE, FORWARD, MIXED = "reverse over reverse", "forward over reverse", "reverse over forward"
MAIN, RING, PAIRS, BATCH, DEPTH, CORES = "main", "ring", "all pairs", "batch", "depth", "cores"
ETHANOL, KERNELS, EPOCH = "ethanol", "kernels", "epoch"
STEP, MOLECULE = "training step", "energies and forces"
MOMENTS, GRADIENT, SECOND = "kernel: moments", "kernel: gradient", "kernel: second order"
PAIR, GATHERED, XTB = "lib:pair", "lib:gathered", "GFN2-xTB"
TRAINING = "training"


class Unavailable(Exception):
    """An engine that cannot be had here, and why."""


@dataclass(frozen=True)
class Engine:
    """A way to run circuits.

    Args:
        key: on the command line.
        name: in tables.
        module: in `benchmarks.engine.peers`, with a function `engine(work, precision)`; that of qffc has `values(work,
            kernel)` in its place, energies and forces that have rules of their own for the gradient of a loss.
        environment: its requirements, or None for the environment of qffc.
        choice: the kernel of qffc, or None for a peer.
        forms: of the gradient of the loss that are possible; the first is what was fastest on work B.
        kinds: of work; the published demonstration has no other circuit than its own.
    """

    key: str
    name: str
    module: str
    environment: tuple[str, ...] | None = None
    choice: str | None = None
    forms: tuple[str, ...] = (REVERSE,)
    kinds: tuple[str, ...] = ("water", "ring", "all-pairs")


JAX = ("jax==0.10.1", "jaxlib==0.10.1", "numpy==2.4.6", "scipy==1.17.1")
OLDER_JAX = ("jax==0.8.1", "jaxlib==0.8.1", "numpy==2.4.6", "scipy==1.17.1")
"""For horqrux 0.9.2, which tells arrays from other states by their class: traced arrays have another since 0.8.2."""
PENNYLANE = ("pennylane==0.45.1", *JAX)
QUJAX = ("qujax==1.1.0", *JAX)
HORQRUX = ("horqrux==0.9.2", *OLDER_JAX)
TENSORCIRCUIT = ("tensorcircuit-ng==1.10.0", *JAX)
PEERS = (
    Engine("pennylane-demo", "PennyLane demo as published", "with_published_pennylane", PENNYLANE, kinds=("water",)),
    Engine("pennylane", "PennyLane, closed-form gates", "with_pennylane", PENNYLANE, forms=(MIXED, FORWARD, REVERSE)),
    Engine("qujax", "qujax", "with_qujax", QUJAX, forms=(FORWARD, MIXED, REVERSE)),
    Engine("horqrux", "horqrux", "with_horqrux", HORQRUX, forms=(MIXED, FORWARD, REVERSE)),
    Engine("tensorcircuit", "TensorCircuit-NG", "with_tensorcircuit", TENSORCIRCUIT, forms=(REVERSE, FORWARD, MIXED)),
)
OURS = (
    Engine("qffc-portable", "qffc, portable kernel", "with_qffc", choice="portable"),
    Engine("qffc-native", "qffc, native kernel", "with_qffc", choice="native"),
)
ENGINES = {engine.name: engine for engine in (*PEERS, *OURS)}
TRAINED = ("TensorCircuit-NG",)
"""Peers that have the circuits of `lib:pair`: the fastest on work A, with `moments(split, precision)` in its module."""
MODEL = (
    *("ase==3.29.0", "filelock==4.3.1", "lark==1.3.1", "networkx==3.6.1"),
    *("optax==0.2.8", "pydantic==2.14.4", "safetensors==0.8.0", "sympy==1.14.0"),
)
"""What qffc needs around the circuits of a peer: model, loss and optimizer are its own for every engine."""
XTB_STARTS = ("from the step before", "from scratch")
"""Where the wave function of a step comes from."""
XTB_ENVIRONMENT = ("tblite==0.8.0", "numpy==2.4.6")


@dataclass(frozen=True)
class Cell:
    """One measurement.

    Args:
        group: the part of the run that it belongs to, one of the names above.
        task: likewise.
        engine: its name, or that of the program for a molecule.
        work: what is computed.
        form: of the gradient of the loss.
        precision: `float64` or `float32`.
        cores: that the process may use.
        budget: seconds of repeats.
        options: of a task that has some.
    """

    group: str
    task: str
    engine: str
    work: Work
    form: str = REVERSE
    precision: str = "float64"
    cores: int = 2
    budget: float = 5.0
    options: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    @staticmethod
    def from_dict(values: dict) -> Cell:
        cell = Cell(**values)
        return replace(cell, work=Work(**values["work"]))


@dataclass(frozen=True)
class Result:
    """What became of a cell: `status` is `ok`, `timeout`, `failed`, `unavailable` or `wrong`."""

    cell: Cell
    status: str
    figures: dict
    reason: str = ""

    def as_dict(self) -> dict[str, object]:
        return {"cell": self.cell.as_dict(), "status": self.status, "reason": self.reason, "figures": self.figures}

    @staticmethod
    def from_dict(values: dict) -> Result:
        return Result(Cell.from_dict(values["cell"]), values["status"], values["figures"], values["reason"])
