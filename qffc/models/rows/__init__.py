"""The classical side of many circuits: each value once for each distinct tuple of atoms, and where it is read."""
