"""The circuits: those of a known table, and families such as every collection of circuits has, one file for each."""
