from qffc.execution.batch_plan import Wanted

Wanted(5, None, 3)
