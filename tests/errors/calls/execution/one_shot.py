from qffc.execution.quote import need_one

need_one(1, None)
