import qffc as qf

qf.compile("lib:sivqlm-lih", 3)
