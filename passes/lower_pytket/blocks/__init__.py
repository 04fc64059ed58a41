"""Two-qubit blocks: operations on one pair of qubits that are brought together and written as one gate."""
