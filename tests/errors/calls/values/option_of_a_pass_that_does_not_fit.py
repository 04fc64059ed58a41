import qffc as qf

qf.compile("lib:sivqlm-lih", pipeline="light-cone{qubits=some}")
