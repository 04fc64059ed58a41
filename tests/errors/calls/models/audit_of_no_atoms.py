from ase.calculators.emt import EMT

import qffc as qf

qf.audit(EMT, "CH4")
