"""Operations of a program as functions in Guppy, in native gates of Helios; the source of each."""

from __future__ import annotations

IMPORTS = """\
from guppylang import guppy
from guppylang.std.angles import angle
from guppylang.std.builtins import array, result
from guppylang.std.math import asin, atan, atan2, cos, sin
from guppylang.std.qsystem.helios import measure, phased_x, rz, zz_phase
from guppylang.std.quantum import cx, discard, qubit
"""

IN_EXCHANGES = ("chirality", "collective_3", "collective_4")
"""Functions that call ``exchange``; all others call ``radians`` at most."""

FUNCTIONS: dict[str, str] = {
    "radians": """\
@guppy
def radians(x: float) -> angle:
    return angle(x / 3.141592653589793)
""",
    "singlet": '''\
@guppy
def singlet(a: qubit, b: qubit) -> None:
    """Prepares (|01> - |10>)/sqrt(2) from |00>: exp(-i pi/4 XX) after X on b, and a phase."""
    phased_x(b, angle(1.0), angle(0.0))
    phased_x(a, angle(-0.5), angle(0.5))
    phased_x(b, angle(-0.5), angle(0.5))
    zz_phase(a, b, angle(0.5))
    phased_x(a, angle(0.5), angle(0.5))
    phased_x(b, angle(0.5), angle(0.5))
    rz(a, angle(-0.5))
''',
    "turn": '''\
@guppy
def turn(q: qubit, x: float, y: float, z: float) -> None:
    """exp(-i/2 (x X + y Y + z Z)); the length of the vector is the angle in radians."""
    length = (x * x + y * y + z * z) ** 0.5
    scale = 0.5
    if length > 0.0:
        scale = sin(length / 2.0) / length
    w = cos(length / 2.0)
    across = (scale * scale * (x * x + y * y)) ** 0.5
    along = (w * w + scale * scale * z * z) ** 0.5
    half_sum = atan2(scale * z, w)
    half_difference = atan2(scale * y, scale * x)
    phased_x(q, radians(2.0 * atan2(across, along)), radians(half_difference - half_sum))
    rz(q, radians(2.0 * half_sum))
''',
    "exchange": '''\
@guppy
def cycle(q: qubit) -> None:
    """Turns x to y, y to z and z to x."""
    phased_x(q, angle(0.5), angle(0.0))
    rz(q, angle(0.5))


@guppy
def exchange(a: qubit, b: qubit, t: float) -> None:
    """exp(-i t (XX + YY + ZZ)): Helios has no gate for all three."""
    zz_phase(a, b, radians(2.0 * t))
    cycle(a)
    cycle(b)
    zz_phase(a, b, radians(2.0 * t))
    cycle(a)
    cycle(b)
    zz_phase(a, b, radians(2.0 * t))
    cycle(a)
    cycle(b)
''',
    "chirality": '''\
@guppy
def chirality_part(a: qubit, b: qubit, c: qubit, theta: float) -> None:
    """The chirality that turns total spin 1/2 by the half-angle theta, at most pi/2 either way."""
    size = theta
    if theta < 0.0:
        size = -theta
    root = (3.0 + 3.4641016151377544 * sin(size)) / (1.0 + 2.0 * cos(size))
    square = root * root - 1.0
    tangent = 0.0
    if square > 0.0:
        tangent = 0.5 * square**0.5
    p = atan(2.0 * tangent) / 4.0
    q = atan(tangent) / 2.0
    if theta > 0.0:
        exchange(a, b, -p)
        exchange(b, c, -q)
        exchange(a, b, q)
        exchange(b, c, p)
    else:
        exchange(b, c, -p)
        exchange(a, b, -q)
        exchange(b, c, q)
        exchange(a, b, p)


@guppy
def chirality(a: qubit, b: qubit, c: qubit, t: float) -> None:
    """exp(-i t sigma_a . (sigma_b x sigma_c)): four exchanges, or twice four for a large angle."""
    whole = 3.4641016151377544 * t
    theta = atan2(sin(whole), cos(whole))
    if theta * theta < 2.4:
        chirality_part(a, b, c, theta)
    else:
        chirality_part(a, b, c, 0.5 * theta)
        chirality_part(a, b, c, 0.5 * theta)
''',
    "collective_3": '''\
@guppy
def collective_3(a: qubit, b: qubit, c: qubit, t: float) -> None:
    """exp(-i t sum of sigma . sigma) over the pairs of three qubits."""
    d = asin(sin(3.0 * t) / 3.0)
    p = (3.0 * t + d) / 4.0
    q = (3.0 * t - d) / 4.0
    exchange(a, b, p)
    exchange(b, c, q)
    exchange(a, c, p)
    exchange(b, c, q)
''',
    "collective_4": '''\
@guppy
def layers(a: qubit, b: qubit, c: qubit, d: qubit, p: float, q: float) -> None:
    exchange(a, b, p)
    exchange(c, d, p)
    exchange(a, c, q)
    exchange(b, d, q)
    exchange(a, d, p)
    exchange(b, c, p)


@guppy
def collective_4(a: qubit, b: qubit, c: qubit, d: qubit, t: float) -> None:
    """exp(-i t sum of sigma . sigma) over the pairs of four qubits."""
    shift = asin(sin(2.0 * t) / 1.7320508075688772) / 4.0
    layers(a, b, c, d, 0.5 * t - shift, 0.5 * t + shift)
    layers(a, b, c, d, 0.5 * t + shift, 0.5 * t - shift)
''',
}
"""Those that are not for operations stand with what calls them."""
