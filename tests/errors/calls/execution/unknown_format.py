import qffc as qf

qf.compile("lib:sivqlm-lih", "H2-1").emit("openqasm")
