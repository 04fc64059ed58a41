from qffc.training.processes import join

join("localhost:29500", 2, 2)
