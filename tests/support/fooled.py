"""Programs that fooled a rule of the equivariance check once, and what is true of them."""

HEAD = """qffc 1
program fooled
{symmetry}
scope molecule
species H
site A: H free
site B: H free
parameter J
qubit a: A
qubit b: A
qubit d: B
qubit e: B
singlet a, b
singlet d, e
"""

ZERO_BY_PARTS = HEAD.format(symmetry="symmetry exchange") + (
    """pauli_rotation Z(a), J + exp(0)
pauli_rotation Z(a), -J
observable m = X(a) Y(b)
observable k = X(d) Y(e)
energy norm(x(A))*moment(m) + norm(x(B))*moment(k)
"""
)
"""A sum counted as zero because the argument of a function in it is; the first rotations of a singlet went."""

SIGN = """qffc 1
program fooled
symmetry rotation, translation
scope molecule
species H
site A: H free
qubit a: A
qubit b: A
singlet a, b
observable m = dot(a, b)
energy moment(m)*(component(x(A), x) + 1)/sqrt(component(x(A), x)^2 + 2*component(x(A), x) + 1)
"""
"""A coordinate with its length divided out: its derivative is zero, and it jumps."""

GHOST = """qffc 1
program fooled
symmetry rotation, translation, exchange
scope atom
species H
site c: any centre
site a: any neighbour
site b: any neighbour
site g: any neighbour
qubit a1: a
qubit a2: a
qubit b1: b
qubit b2: b
qubit g1: g
qubit g2: g
singlet a1, a2
singlet b1, b2
singlet g1, g2
rotate a1, r(c, a)
rotate b1, r(c, b)
rotate g1, r(c, g)
observable mab = dot(a1, b1)*dot(a2, b2)
observable mag = dot(a1, g1)*dot(a2, g2)
observable mbg = dot(b1, g1)*dot(b2, g2)
atomic feature cutoff(norm(r(a, g) + r(g, b)), 5)*moment(mab) + cutoff(norm(r(a, g)), 5)*moment(mag) + \
cutoff(norm(r(b, g)), 5)*moment(mbg) head linear
"""
"""A sum of displacements over a ghost, which names it and does not depend on it."""

GHOST_CANCELS = """qffc 1
program fooled
symmetry rotation, inversion, translation
scope atom
species H
site c: any centre
site a: any neighbour
site g: any neighbour
qubit a1: a
qubit a2: a
singlet a1, a2
observable m = dot(a1, a2)
energy moment(m)*component(x(a), x)*(cutoff(norm(r(c, a)) + dot(r(c, g), r(c, g)) - norm(r(c, g))^2, 5) \
- cutoff(norm(r(c, a)), 5))
"""
"""Two cutoffs of one distance, one of which fades with a ghost."""

SIGNED_MOMENT = """qffc 1
program fooled
scope molecule
species H
site A: H free
qubit q0
qubit q1
qubit q2
generator p: paulis Z(q0) Z(q1) Z(q2)
zero q0
singlet q1, q2
{turns}
observable m = X(q0)
energy {energy}
"""
"""A moment that changes its sign, which moment(m)^2 does not mind; without turns, or with some that cancel."""

SMALL_ROOT = HEAD.format(symmetry="symmetry exchange") + (
    """rotate a, 10^15*sqrt(10^-30)*x(A)
rotate d, x(B)
observable m = dot(a, b) + dot(d, e)
energy norm(x(A))*moment(m) + norm(x(B))*moment(m)
"""
)
"""Refuted once, because the root of a small number was 0: the factor is 1."""

MIXED_AVERAGE = """qffc 1
program fooled
scope molecule
species H
average exchange
site A: H free molecule M
site B: H free molecule M
site C: H free molecule N
qubit a: A
qubit b: B
generator g: sites B -> C, C -> B
singlet a, b
rotate a, norm(r(B, C))*x(A)
observable m = X(a) Y(b)
energy moment(m)
"""
"""Each circuit keeps the exchange of B and C, and the mean over that of A and B does not."""

SWAPPED_GENERATOR = """qffc 1
program fooled
scope molecule
species H
site A: H free
qubit q0: A
qubit q1: A
generator g: paulis X(q0)
zero q0
zero q1
pauli_rotation Y(q0), pi/2
exchange q0, q1, pi/4
observable m = Z(q1)
energy moment(m)^2
"""
"""A SWAP becomes names in the shorter circuit; |+> is on the other qubit in the end."""
