"""Programs of collective exchanges: qubits in singlets, and whatever operations follow."""

from qffc.ir import Program, parse_program

HEAD = """\
qffc 1
program sets
scope molecule
species H
site A: H free
site B: H free
parameter J: 4
"""


def program_of(lines: str, qubits: int = 6, more: str = "observable m = dot(q0, q1)\nenergy moment(m)\n") -> Program:
    declared = "".join(f"qubit q{k}\n" for k in range(qubits))
    pairs = "".join(f"singlet q{k}, q{k + 1}\n" for k in range(0, qubits - 1, 2))
    last = f"zero q{qubits - 1}\n" if qubits % 2 else ""
    return parse_program(f"{HEAD}{declared}{pairs}{last}{lines}\n{more}")
