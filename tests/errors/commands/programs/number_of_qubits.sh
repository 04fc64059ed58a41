qffc check lib:ring:qubits=5
