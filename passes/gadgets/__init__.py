"""Pauli rotations as gadgets: Clifford gates pushed out of the way, long strings made of short ones."""
