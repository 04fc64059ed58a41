"""The intermediate representation: values, operations, programs, the verifier and the text format.

Names are loaded when they are first used, so that a part, such as the diagnostics, does not bring all others along.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if __name__ != "qffc.ir":
    raise ImportError(f"this folder is the package qffc.ir; import it by that name, not as {__name__!r}", name=__name__)

if TYPE_CHECKING:
    # One line per entry of _PUBLIC, in the form `from qffc.ir.module import name as name`; a test compares the two.
    from qffc.ir.declarations import AtomicReadout as AtomicReadout
    from qffc.ir.declarations import Basis as Basis
    from qffc.ir.declarations import EnergyReadout as EnergyReadout
    from qffc.ir.declarations import Parameter as Parameter
    from qffc.ir.declarations import Qubit as Qubit
    from qffc.ir.declarations import Readout as Readout
    from qffc.ir.declarations import Site as Site
    from qffc.ir.declarations import Symmetry as Symmetry
    from qffc.ir.diagnostics import Diagnostic as Diagnostic
    from qffc.ir.diagnostics import InternalError as InternalError
    from qffc.ir.diagnostics import QffcError as QffcError
    from qffc.ir.diagnostics import Span as Span
    from qffc.ir.draft import print_program as print_program
    from qffc.ir.evaluate import Evaluator as Evaluator
    from qffc.ir.evaluate import Instance as Instance
    from qffc.ir.observables import DotObservable as DotObservable
    from qffc.ir.observables import Observable as Observable
    from qffc.ir.observables import PauliObservable as PauliObservable
    from qffc.ir.observables import ProductObservable as ProductObservable
    from qffc.ir.observables import SumObservable as SumObservable
    from qffc.ir.operation import Gate as Gate
    from qffc.ir.operation import Op as Op
    from qffc.ir.ops import Chirality as Chirality
    from qffc.ir.ops import Collective as Collective
    from qffc.ir.ops import Exchange as Exchange
    from qffc.ir.ops import FourSpin as FourSpin
    from qffc.ir.ops import PauliRotation as PauliRotation
    from qffc.ir.ops import Relabel as Relabel
    from qffc.ir.ops import Rotate as Rotate
    from qffc.ir.ops import Singlet as Singlet
    from qffc.ir.ops import Zero as Zero
    from qffc.ir.pauli import PauliString as PauliString
    from qffc.ir.pauli import PauliSum as PauliSum
    from qffc.ir.printer import FORMAT_VERSION as FORMAT_VERSION
    from qffc.ir.program import Program as Program
    from qffc.ir.text.parser import parse_program as parse_program
    from qffc.ir.text.parser import parse_value as parse_value
    from qffc.ir.values import Value as Value
    from qffc.ir.values import add as add
    from qffc.ir.values import cross as cross
    from qffc.ir.values import dot as dot
    from qffc.ir.values import mul as mul
    from qffc.ir.values import norm as norm
    from qffc.ir.values import power as power
    from qffc.ir.values import unit as unit
    from qffc.ir.values.laws import Law as Law

# Public name -> the module that defines it.
_PUBLIC: dict[str, str] = {
    "AtomicReadout": "qffc.ir.declarations",
    "Basis": "qffc.ir.declarations",
    "Chirality": "qffc.ir.ops",
    "Collective": "qffc.ir.ops",
    "Diagnostic": "qffc.ir.diagnostics",
    "DotObservable": "qffc.ir.observables",
    "EnergyReadout": "qffc.ir.declarations",
    "Evaluator": "qffc.ir.evaluate",
    "Exchange": "qffc.ir.ops",
    "FORMAT_VERSION": "qffc.ir.printer",
    "FourSpin": "qffc.ir.ops",
    "Gate": "qffc.ir.operation",
    "Instance": "qffc.ir.evaluate",
    "InternalError": "qffc.ir.diagnostics",
    "Law": "qffc.ir.values.laws",
    "Observable": "qffc.ir.observables",
    "Op": "qffc.ir.operation",
    "Parameter": "qffc.ir.declarations",
    "PauliObservable": "qffc.ir.observables",
    "PauliRotation": "qffc.ir.ops",
    "PauliString": "qffc.ir.pauli",
    "PauliSum": "qffc.ir.pauli",
    "ProductObservable": "qffc.ir.observables",
    "Program": "qffc.ir.program",
    "QffcError": "qffc.ir.diagnostics",
    "Qubit": "qffc.ir.declarations",
    "Readout": "qffc.ir.declarations",
    "Relabel": "qffc.ir.ops",
    "Rotate": "qffc.ir.ops",
    "Singlet": "qffc.ir.ops",
    "Site": "qffc.ir.declarations",
    "Span": "qffc.ir.diagnostics",
    "SumObservable": "qffc.ir.observables",
    "Symmetry": "qffc.ir.declarations",
    "Value": "qffc.ir.values",
    "Zero": "qffc.ir.ops",
    "add": "qffc.ir.values",
    "cross": "qffc.ir.values",
    "dot": "qffc.ir.values",
    "mul": "qffc.ir.values",
    "norm": "qffc.ir.values",
    "parse_program": "qffc.ir.text.parser",
    "parse_value": "qffc.ir.text.parser",
    "power": "qffc.ir.values",
    "print_program": "qffc.ir.draft",
    "unit": "qffc.ir.values",
}

__all__ = [*_PUBLIC]


def __getattr__(name: str) -> object:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'qffc.ir' has no attribute {name!r}")
    value: object = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
