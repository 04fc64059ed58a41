"""Element symbols by atomic number."""

from collections.abc import Iterable

from qffc.ir.diagnostics import error

SYMBOLS: tuple[str, ...] = tuple(
    (  # noqa: SIM905  # quoted symbols would be twice as long
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr "
        "Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir "
        "Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl "
        "Mc Lv Ts Og"
    ).split()
)
"""``SYMBOLS[Z - 1]`` is the element with atomic number Z; :func:`symbols_of` checks that there is one."""

_NUMBERS = range(1, len(SYMBOLS) + 1)


def symbols_of(numbers: Iterable[int]) -> tuple[str, ...]:
    """Return the element symbols of atomic numbers.

    Raises:
        QffcError: for a number that is no element's, as 0, which other programs take for ghost atoms.

    Example:
        >>> symbols_of([8, 1, 1])
        ('O', 'H', 'H')
    """
    given = list(numbers)
    for atom, number in enumerate(given):
        if number not in _NUMBERS:
            raise error(
                "atomic number of no element",
                found=f"{number} of atom {atom}" + (", a ghost atom" if number == 0 else ""),
                expected=f"1 to {len(SYMBOLS)}",
                help="leave out atoms that are no elements: they have no energy, and take no circuit",
            )
    return tuple(SYMBOLS[int(number) - 1] for number in given)


def atomic_number(symbol: str) -> int:
    """Return the atomic number of an element symbol.

    Example:
        >>> atomic_number("O")
        8
    """
    return SYMBOLS.index(symbol) + 1
