"""The intermediate representation: values, operations, programs, the verifier and the text format."""

if __name__ != "qffc.ir":
    raise ImportError(f"this folder is the package qffc.ir; import it by that name, not as {__name__!r}", name=__name__)

from qffc.ir.declarations import AtomicReadout, Basis, EnergyReadout, Parameter, Qubit, Readout, Site, Symmetry
from qffc.ir.diagnostics import Diagnostic, InternalError, QffcError, Span
from qffc.ir.draft import print_program
from qffc.ir.evaluate import Evaluator, Instance
from qffc.ir.observables import DotObservable, Observable, PauliObservable, ProductObservable, SumObservable
from qffc.ir.operation import Gate, Op
from qffc.ir.ops import Chirality, Collective, Exchange, FourSpin, PauliRotation, Relabel, Rotate, Singlet, Zero
from qffc.ir.pauli import PauliString, PauliSum
from qffc.ir.printer import FORMAT_VERSION
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program, parse_value
from qffc.ir.values import Value, add, cross, dot, mul, norm, power, unit
from qffc.ir.values.laws import Law

__all__ = [
    "FORMAT_VERSION",
    "AtomicReadout",
    "Basis",
    "Chirality",
    "Collective",
    "Diagnostic",
    "DotObservable",
    "EnergyReadout",
    "Evaluator",
    "Exchange",
    "FourSpin",
    "Gate",
    "Instance",
    "InternalError",
    "Law",
    "Observable",
    "Op",
    "Parameter",
    "PauliObservable",
    "PauliRotation",
    "PauliString",
    "PauliSum",
    "ProductObservable",
    "Program",
    "QffcError",
    "Qubit",
    "Readout",
    "Relabel",
    "Rotate",
    "Singlet",
    "Site",
    "Span",
    "SumObservable",
    "Symmetry",
    "Value",
    "Zero",
    "add",
    "cross",
    "dot",
    "mul",
    "norm",
    "parse_program",
    "parse_value",
    "power",
    "print_program",
    "unit",
]
