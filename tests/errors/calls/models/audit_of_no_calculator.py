import qffc as qf

from ase.build import molecule

qf.audit(3, molecule("CH4"))
