"""How far fresh parameters spread. Apart from what draws them, since settings are read without JAX."""

ANGLE_SPREAD = 1.0
"""Standard deviation of a fresh angle parameter, radians, unless told otherwise."""

RADIAL_SPREAD = 1.5
"""Standard deviation of the weight of the first radial function, unless told otherwise."""

RADIAL_FALLOFF = 2.0
"""The weight of the k-th radial function deviates by k to this power less.

Fresh radial functions are smooth, and of about a radian where atoms are bound, which suits circuits of pairs: less
smooth ones fit the training frames as well, and others worse. Molecules with many kinds of distances ask for larger
ones, and sums over neighbours for smaller and less smooth ones: benchmarks/README.md has errors.
"""

RADIAL_SPREAD_OF_SUMS, RADIAL_FALLOFF_OF_SUMS = 0.4, 1.0
"""The same in programs of sums over neighbours."""
