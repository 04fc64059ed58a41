qffc diagnose lib:ring:qubits=4..100000
