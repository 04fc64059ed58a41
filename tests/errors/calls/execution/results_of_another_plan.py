import qffc as qf
from qffc.execution.estimate import moments_from_shots

moments_from_shots(qf.compile("lib:sivqlm-lih", "H2-1").measurements, [])
