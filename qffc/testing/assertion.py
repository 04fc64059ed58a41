"""The assertion for tests of one's own programs."""

from __future__ import annotations

from qffc.ir.program import Program
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.equivariance.check import check_equivariance


def assert_equivariant(program: Program) -> Certificate:
    """Fail unless every symmetry that a program declares is proven.

    Args:
        program: any program, for instance ``water.program`` of an ansatz ``water``.

    Returns:
        The certificate.

    Raises:
        AssertionError: when a declared symmetry is refuted or undecided, with the certificate as its message.

    Example:
        >>> from qffc.ir import parse_program
        >>> text = '''qffc 1
        ... program bond
        ... symmetry rotation, exchange
        ... scope molecule
        ... species H
        ... site A: H free
        ... site B: H free
        ... qubit a: A
        ... qubit b: B
        ... singlet a, b
        ... rotate a, r(B, A)
        ... rotate b, r(A, B)
        ... observable m = dot(a, b)
        ... energy moment(m)
        ... '''
        >>> assert_equivariant(parse_program(text)).holds
        True
        >>> try:
        ...     assert_equivariant(parse_program(text.replace("dot(a, b)", "Z(a) Z(b)")))
        ... except AssertionError as failure:
        ...     print(str(failure).splitlines()[0])
        program bond: the declared symmetry does not hold
    """
    __tracebackhide__ = True
    certificate = check_equivariance(program)
    if not certificate.holds:
        raise AssertionError(certificate.render(program))
    return certificate
