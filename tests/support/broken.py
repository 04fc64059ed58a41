"""A circuit of two hydrogens and an oxygen with one thing broken, and its repair."""

from __future__ import annotations

from qffc.ir.text.parser import parse_program
from qffc.passes.symmetrize.repair import Symmetrize
from qffc.targets.catalogue import target

IDEAL = target("ideal")

TEXT = """qffc 1
program broken
symmetry {symmetry}
scope molecule
species O, H
site O: O centre
site A: H neighbour
site B: H neighbour
parameter J
parameter K
qubit a: A
qubit b: A
qubit c: B
qubit d: B
singlet a, b
singlet c, d
rotate a, r(O, A)
rotate c, r(O, B)
exchange a, c, 1/3
{line}
observable m = {observable}
energy moment(m){readout}
"""


def broken(line="", symmetry="rotation", observable="dot(a, c)", readout=""):
    return parse_program(TEXT.format(line=line, symmetry=symmetry, observable=observable, readout=readout))


def repair(program, **options):
    return Symmetrize(**options).run(program, IDEAL)
