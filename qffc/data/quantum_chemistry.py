"""Methods of quantum chemistry as calculators of the Atomic Simulation Environment (ASE): of tblite, and of PySCF.

That is tight binding (GFN-xTB of tblite), and Hartree-Fock or a density functional (DFT of PySCF).
"""

# ASE has no types for most of its methods.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from qffc.data.extras import need_package
from qffc.ir.diagnostics import error
from qffc.units import energy_to_ev, force_to_ev_per_angstrom

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

TIGHT_BINDING = {"gfn2": "GFN2-xTB", "gfn1": "GFN1-xTB"}
PYSCF = re.compile(r"pyscf:(?P<method>[^/\s]+)/(?P<basis>\S+)")
METHOD_FORMS = "gfn2, gfn1 (of tblite), or pyscf:METHOD/BASIS such as pyscf:PBE/def2-SVP or pyscf:HF/6-31g"

_GRID = 4
_CONVERGED = 1e-10
_CONVERGED_GRADIENT = 1e-6
_CYCLES = 100


def names_method(text: str) -> bool:
    """Return whether a text names a method that this file knows.

    Example:
        >>> names_method("gfn2"), names_method("pyscf:PBE/def2-SVP"), names_method("trained:water")
        (True, True, False)
    """
    return text in TIGHT_BINDING or PYSCF.fullmatch(text) is not None


def method_named(text: str) -> Calculator:
    """Return the calculator of a method, for neutral molecules with closed shells.

    Args:
        text: see :data:`METHOD_FORMS`. With PySCF, forces hold the response of the integration grid, so that their sum
            is zero to about 1e-6 eV/Angstrom.

    Raises:
        QffcError: there is no such method, or its extra, ``tblite`` or ``pyscf``, is not installed.
    """
    if text in TIGHT_BINDING:
        # Threads that wait for each other are slower than one for small molecules; read when the library is loaded.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        tblite = need_package("tblite.ase", "tblite", "GFN-xTB energies and forces")
        made: Calculator = tblite.TBLite(method=TIGHT_BINDING[text], verbosity=0)
        return made
    named = PYSCF.fullmatch(text)
    if named is None:
        raise error("no such method", found=f"'{text}'", expected=METHOD_FORMS, help="choose one of these")
    need_package("pyscf", "pyscf", "energies and forces of density functionals")
    return _pyscf_calculator(named["method"], named["basis"])


def _pyscf_calculator(method: str, basis: str) -> Calculator:
    from ase import Atoms
    from ase.calculators.calculator import Calculator, all_changes
    from pyscf import dft, gto, lib, scf

    class PySCF(Calculator):
        """Restricted Hartree-Fock or Kohn-Sham; begins with the density of the last geometry."""

        implemented_properties = ["energy", "forces"]

        def __init__(self) -> None:
            super().__init__()
            self._density: object = None

        def calculate(
            self,
            atoms: Atoms | None = None,
            properties: object = ("energy",),
            system_changes: object = all_changes,
        ) -> None:
            super().calculate(atoms, properties, system_changes)
            here = self.atoms
            assert here is not None
            pairs = list(zip(here.get_chemical_symbols(), here.positions.tolist(), strict=True))
            molecule = gto.M(atom=pairs, unit="Angstrom", basis=basis, verbose=0)
            field = scf.RHF(molecule) if method.upper() == "HF" else dft.RKS(molecule, xc=method)
            field.conv_tol, field.conv_tol_grad, field.max_cycle = _CONVERGED, _CONVERGED_GRADIENT, _CYCLES
            if hasattr(field, "grids"):
                field.grids.level = _GRID
            energy = field.kernel(dm0=self._density)
            if not field.converged and self._density is not None:
                energy = field.kernel()
            if not field.converged:
                raise error(
                    "calculation that does not converge",
                    found=f"{method}/{basis} after {_CYCLES} cycles",
                    expected="a converged density",
                    help="sample at a lower temperature, or with another method",
                )
            gradient = field.nuc_grad_method()
            gradient.grid_response = True
            self._density = field.make_rdm1()
            self.results = {
                "energy": energy_to_ev(float(energy), "Hartree"),
                "forces": force_to_ev_per_angstrom(-gradient.kernel(), "Hartree/Bohr"),
            }

    lib.num_threads(1)  # small molecules are slower on several
    return PySCF()
