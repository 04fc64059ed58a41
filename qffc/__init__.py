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
    from qffc.dsl.decorator import Ansatz as Ansatz
    from qffc.dsl.decorator import ansatz as ansatz
    from qffc.dsl.decorator import as_program as as_program
    from qffc.dsl.tables import CHANNEL as CHANNEL
    from qffc.dsl.tables import SPECIES as SPECIES
    from qffc.library.catalogue import load as load
    from qffc.library.catalogue import programs as programs

    __version__: str

# Public name -> the module that defines it.
_PUBLIC: dict[str, str] = {
    "Ansatz": "qffc.dsl.decorator",
    "CHANNEL": "qffc.dsl.tables",
    "SPECIES": "qffc.dsl.tables",
    "ansatz": "qffc.dsl.decorator",
    "as_program": "qffc.dsl.decorator",
    "load": "qffc.library.catalogue",
    "programs": "qffc.library.catalogue",
}

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
