from qffc.execution.langevin import Langevin

Langevin(temperature=0.0)
