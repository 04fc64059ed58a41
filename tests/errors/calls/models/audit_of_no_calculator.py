from ase.build import molecule

import qffc as qf

qf.audit(3, molecule("CH4"))
