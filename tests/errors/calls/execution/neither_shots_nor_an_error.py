from qffc.execution.quote import need_one

need_one(None, None)
