"""The colours of sites and elements in drawings, the same on every page."""

from __future__ import annotations

from qffc.ir.program import Program

ELEMENTS = {
    "H": "#5c7cfa",
    "C": "#868e96",
    "N": "#4263eb",
    "O": "#e03131",
    "F": "#2f9e44",
    "S": "#b08900",
    "Cl": "#37b24d",
    "P": "#e8590c",
}
"""Near to what the field is used to, to be seen on white and on black."""
_OTHERS = ("#1098ad", "#9c36b5", "#d6336c", "#37b24d", "#b08900", "#5c7cfa")


def site_colours(program: Program) -> dict[str, str]:
    """Return a colour for each site: that of its element, or one of its own where it takes any element.

    Further sites of one element have its colour, each a shade lighter.

    Example:
        >>> from qffc.library import load
        >>> site_colours(load("sivqlm-lih", depth=1))["H"] == ELEMENTS["H"]
        True
    """
    found: dict[str, str] = {}
    free, seen = 0, dict.fromkeys(ELEMENTS, 0)
    for site in program.sites:
        if site.species in ELEMENTS:
            found[site.name] = _lighter(ELEMENTS[site.species], seen[site.species])
            seen[site.species] += 1
        else:
            found[site.name] = _OTHERS[free % len(_OTHERS)]
            free += 1
    return found


def _lighter(colour: str, steps: int) -> str:
    """Return a colour with white mixed in, at most half."""
    share = min(0.28 * steps, 0.5)
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(part + share * (255 - part)):02x}" for part in parts)
