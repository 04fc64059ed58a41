import numpy as np

from qffc.ir import parse_program
from qffc.models.force_field import untrained

SITES = "\n".join(f"site h{k}: H free" for k in range(12))
QUBITS = "\n".join(f"qubit q{k}: h{k}" for k in range(12))
TEXT = f"""qffc 1

program many
symmetry exchange
scope molecule
species H
average exchange

{SITES}

parameter w

{QUBITS}

{chr(10).join(f"zero q{k}" for k in range(12))}

observable z = Z(q0)
energy moment(z)*w
"""
untrained(parse_program(TEXT), 0).predict(["H"] * 12, np.arange(36.0).reshape(1, 12, 3))
