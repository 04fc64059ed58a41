"""Small programs of scope pair: a singlet for each neighbour, and little to compile."""

HEAD = """qffc 1
program pairs
symmetry rotation, inversion, translation, exchange
scope pair
species {species}
site c: {c} centre
site a: {a} neighbour
site b: {b} neighbour
{parameters}qubit a1: a
qubit a2: a
qubit b1: b
qubit b2: b
singlet a1, a2
singlet b1, b2
"""
BOTH = "1*dot(a1, a2) + 1*dot(b1, b2)"
WEIGHTED = "atomic weight cutoff(norm(r(c, a)), 5)*cutoff(norm(r(c, b)), 5) features m head linear"


def pair_text(
    *operations: str,
    sites: tuple[str, str, str] = ("any", "any", "any"),
    species: str = "H, O",
    parameters: tuple[str, ...] = (),
    observable: str = BOTH,
    readout: str = WEIGHTED,
) -> str:
    """The text of a program whose sites are a centre and two neighbours of these species."""
    kinds = dict(zip("cab", sites, strict=True))
    head = HEAD.format(species=species, parameters="".join(f"parameter {line}\n" for line in parameters), **kinds)
    return head + "\n".join([*operations, f"observable m = {observable}", readout, ""])


def exchanges(*pairs: str) -> tuple[str, ...]:
    return tuple(f"exchange {pair}, 2/5" for pair in pairs)


# Were the elements of sites ignored, any two neighbours in water would take those of H and O.
NAMED_NEIGHBOURS = pair_text(
    "rotate a1, r(c, a)",
    "rotate b1, 1/2*r(c, b)",
    *exchanges("a1, b1"),
    sites=("any", "H", "O"),
    observable="dot(a1, a2)",
)
"""Sites of two elements are not exchanged."""
