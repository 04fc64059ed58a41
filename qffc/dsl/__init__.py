"""Authoring: an ansatz written as a Python function that reads like the physics."""

from qffc.dsl.atoms import Atom, Neighbour, Twins, Wire
from qffc.dsl.author import Author
from qffc.dsl.decorator import Ansatz, ansatz, as_program
from qffc.dsl.functions import acos, component, cos, exp, log, pi, sin, sqrt, tanh, vector
from qffc.dsl.layers import Layer
from qffc.dsl.observables import Measured
from qffc.dsl.tables import CHANNEL, ROUND, SPECIES, RadialTable, Table
from qffc.ir.values import cross, dot, norm, unit

__all__ = [
    "CHANNEL",
    "ROUND",
    "SPECIES",
    "Ansatz",
    "Atom",
    "Author",
    "Layer",
    "Measured",
    "Neighbour",
    "RadialTable",
    "Table",
    "Twins",
    "Wire",
    "acos",
    "ansatz",
    "as_program",
    "component",
    "cos",
    "cross",
    "dot",
    "exp",
    "log",
    "norm",
    "pi",
    "sin",
    "sqrt",
    "tanh",
    "unit",
    "vector",
]
