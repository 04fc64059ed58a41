from qffc.execution.quote import need_one

need_one(100, 0.02)
