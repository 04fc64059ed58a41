from qffc.training.processes import join

join("node1", 2, 0)
