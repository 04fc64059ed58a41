from qffc.ir import parse_program
from qffc.trainability import gradient_variance

TEXT = """qffc 1

program still
symmetry translation
scope molecule
species H

site a: H free

parameter w

qubit q: a

zero q

observable z = Z(q)
energy moment(z)*w
"""

gradient_variance(parse_program(TEXT), draws=2, seed=0)
