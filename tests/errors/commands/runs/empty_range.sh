qffc diagnose lib:ring:qubits=8..4
