"""qffc, the quantum force-field compiler.

A description of a symmetric quantum circuit becomes a proof of its symmetries, a circuit for hardware, and a JAX
function that trains as an interatomic potential.

The public names are listed in one table below. Each is loaded when it is first used, so `import qffc` is quick and
loads neither JAX nor pytket.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # One line per entry of _PUBLIC, in the form `from qffc.module import name as name`; a test compares the two.
    from qffc.auditing.audit import audit as audit
    from qffc.compiling.compiled import Compiled as Compiled
    from qffc.compiling.compiled import load_compiled as load_compiled
    from qffc.dsl.decorator import Ansatz as Ansatz
    from qffc.dsl.decorator import ansatz as ansatz
    from qffc.dsl.decorator import as_program as as_program
    from qffc.dsl.tables import CHANNEL as CHANNEL
    from qffc.dsl.tables import ROUND as ROUND
    from qffc.dsl.tables import SPECIES as SPECIES
    from qffc.execution.run import run as run
    from qffc.execution.run import run_forces as run_forces
    from qffc.importing.from_pytket import from_pytket as from_pytket
    from qffc.library.catalogue import load as load
    from qffc.library.catalogue import programs as programs
    from qffc.model_limits import with_limits as with_limits
    from qffc.model_limits import without_limits as without_limits
    from qffc.model_uncertainty import with_uncertainty as with_uncertainty
    from qffc.model_uncertainty import without_uncertainty as without_uncertainty
    from qffc.models.calculator import Calculator as Calculator
    from qffc.models.checks.model_check import check_model as check_model
    from qffc.models.ensemble import Ensemble as Ensemble
    from qffc.models.files.export_model import export_model as export_model
    from qffc.models.files.model_file import load_model as load_model
    from qffc.models.files.model_file import save_model as save_model
    from qffc.models.force_field import ForceField as ForceField
    from qffc.passes.registry import register_pass as register_pass
    from qffc.references.data import resolve_data as resolve_data
    from qffc.references.programs import resolve_program as resolve_program
    from qffc.targets.catalogue import target as target
    from qffc.toolchain import check as check
    from qffc.toolchain import compile as compile
    from qffc.toolchain import evaluate as evaluate
    from qffc.toolchain import train as train

    __version__: str

# Public name -> the module that defines it.
_PUBLIC: dict[str, str] = {
    "Ansatz": "qffc.dsl.decorator",
    "CHANNEL": "qffc.dsl.tables",
    "ROUND": "qffc.dsl.tables",
    "Calculator": "qffc.models.calculator",
    "Compiled": "qffc.compiling.compiled",
    "Ensemble": "qffc.models.ensemble",
    "ForceField": "qffc.models.force_field",
    "SPECIES": "qffc.dsl.tables",
    "ansatz": "qffc.dsl.decorator",
    "as_program": "qffc.dsl.decorator",
    "audit": "qffc.auditing.audit",
    "check": "qffc.toolchain",
    "check_model": "qffc.models.checks.model_check",
    "compile": "qffc.toolchain",
    "evaluate": "qffc.toolchain",
    "export_model": "qffc.models.files.export_model",
    "from_pytket": "qffc.importing.from_pytket",
    "load": "qffc.library.catalogue",
    "load_compiled": "qffc.compiling.compiled",
    "load_model": "qffc.models.files.model_file",
    "programs": "qffc.library.catalogue",
    "register_pass": "qffc.passes.registry",
    "resolve_data": "qffc.references.data",
    "resolve_program": "qffc.references.programs",
    "run": "qffc.execution.run",
    "run_forces": "qffc.execution.run",
    "save_model": "qffc.models.files.model_file",
    "target": "qffc.targets.catalogue",
    "train": "qffc.toolchain",
    "with_limits": "qffc.model_limits",
    "with_uncertainty": "qffc.model_uncertainty",
    "without_limits": "qffc.model_limits",
    "without_uncertainty": "qffc.model_uncertainty",
}

SHOWN_BY = "qffc.reports.notebook"
"""Who draws things for notebooks, see `qffc/ir/rich_display.py`."""

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> object:
    if name == "__version__":
        value: object = import_module("importlib.metadata").version("qffc")
    elif name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
    else:
        raise AttributeError(f"module 'qffc' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
