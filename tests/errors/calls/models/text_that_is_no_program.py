import qffc as qf

qf.check("bond.py")
