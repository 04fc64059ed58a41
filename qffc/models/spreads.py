"""How far fresh parameters spread. Apart from what draws them, since settings are read without JAX."""

ANGLE_SPREAD = 1.0
"""Standard deviation of a fresh angle parameter, radians, unless told otherwise."""

RADIAL_SPREAD = 3.5
"""Standard deviation of the weight of the first radial function; that of the k-th is k² times smaller.

Fresh radial functions are smooth, and of a few radians where atoms are bound. Smaller ones leave circuits alike; less
smooth ones fit the training frames as well, and others worse: benchmarks/README.md has errors by both.
"""
