import qffc as qf

qf.register_pass(3)
