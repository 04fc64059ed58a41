import qffc as qf

from ase.calculators.emt import EMT

qf.audit(EMT, "CH4")
