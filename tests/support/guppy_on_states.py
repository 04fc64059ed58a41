"""Guppy source run as Python on a dense state: its functions are those of Python, its gates act on an array.

It is no Guppy compiler: what is checked is which gates a module applies, with which angles and on which qubits.
`benchmarks/exits.py` has the same modules compiled, and run by Selene.
"""

import math
import sys
import types
from contextlib import contextmanager

import numpy as np


class Machine:
    """Qubits as they are made; those that are measured stay in the state, in the order of their outcomes."""

    def __init__(self, qubits):
        self.state = np.zeros((2,) * qubits, dtype=complex)
        self.state[(0,) * qubits] = 1
        self.made, self.measured, self.results = 0, [], {}

    def apply(self, matrix, *wires):
        size = len(wires)
        moved = np.tensordot(matrix.reshape((2,) * 2 * size), self.state, (range(size, 2 * size), wires))
        self.state = np.moveaxis(moved, range(size), wires)

    def qubit(self):
        self.made += 1
        return self.made - 1

    def phased_x(self, wire, angle, axis):
        z = np.diag([np.exp(-0.5j * np.pi * axis), np.exp(0.5j * np.pi * axis)])
        cos, sin = math.cos(angle * math.pi / 2), math.sin(angle * math.pi / 2)
        self.apply(z @ np.array([[cos, -1j * sin], [-1j * sin, cos]]) @ z.conj(), wire)

    def rz(self, wire, angle):
        self.apply(np.diag(np.exp([-0.5j * np.pi * angle, 0.5j * np.pi * angle])), wire)

    def zz_phase(self, a, b, angle):
        self.apply(np.diag(np.exp(-0.5j * np.pi * angle * np.array([1, -1, -1, 1]))), a, b)

    def cx(self, a, b):
        self.apply(np.eye(4)[[0, 1, 3, 2]].astype(complex), a, b)

    def measure(self, wire):
        self.measured.append(wire)
        return types.SimpleNamespace(read=lambda: wire)

    def result(self, tag, wires):
        self.results[tag] = list(wires)

    @property
    def probabilities(self):
        """Of the outcomes of result "c", one axis each."""
        wires = self.results.get("c", [])
        assert wires == self.measured
        rest = [wire for wire in range(self.state.ndim) if wire not in wires]
        table = (np.abs(self.state) ** 2).transpose([*wires, *rest])
        return table.sum(axis=tuple(range(len(wires), self.state.ndim)))


class _Array:
    """The type of an array, and what makes one."""

    def __class_getitem__(cls, _):
        return cls

    def __new__(cls, *entries):
        return entries


@contextmanager
def _packages(machine):
    """The modules that sources import, for as long as they do."""
    names = {
        "guppylang": {"guppy": lambda function: function},
        "guppylang.std": {},
        "guppylang.std.angles": {"angle": float},
        "guppylang.std.builtins": {"array": _Array, "result": machine.result},
        "guppylang.std.math": {name: getattr(math, name) for name in ("asin", "atan", "atan2", "cos", "sin")},
        "guppylang.std.qsystem": {},
        "guppylang.std.qsystem.helios": {
            name: getattr(machine, name) for name in ("measure", "phased_x", "rz", "zz_phase")
        },
        "guppylang.std.quantum": {"cx": machine.cx, "discard": lambda _: None, "qubit": machine.qubit},
    }
    kept = {name: sys.modules.get(name) for name in names}
    for name, members in names.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    try:
        yield
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def run_guppy(source, function, qubits, *arguments):
    """Run one function of a source, and return the machine."""
    machine = Machine(qubits)
    names = {}
    with _packages(machine):
        exec(compile(source, "guppy source", "exec"), names)
    names[function](*arguments)
    assert machine.made == qubits
    return machine
