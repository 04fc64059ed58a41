"""A search over programs: which gates, on which qubits, with which angles, and what is measured."""
