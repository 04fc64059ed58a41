"""How far fresh parameters spread. Apart from what draws them, since settings are read without JAX."""

ANGLE_SPREAD = 1.0
"""Standard deviation of a fresh angle parameter, radians, unless told otherwise."""

RADIAL_SPREAD = 1.5
"""Standard deviation of the weight of the first radial function; that of the k-th is k² times smaller.

Fresh radial functions are smooth, and of about a radian where atoms are bound. Less smooth ones fit the training frames
as well, and others worse. Molecules with many kinds of distances ask for larger ones: benchmarks/README.md has errors.
"""
