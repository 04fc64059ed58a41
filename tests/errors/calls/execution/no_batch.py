from qffc.execution.batch_plan import Wanted

Wanted(1000, None, 0)
