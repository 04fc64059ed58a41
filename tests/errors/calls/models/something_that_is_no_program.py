import qffc as qf

qf.check(3)
