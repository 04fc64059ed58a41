"""Exchange of like atoms and like molecules: the program with sites renamed is the program with its qubits renamed.

**Lemma (sums over neighbours).** A program whose sites are a centre and gathered ones is the same for every order of
the neighbours, however many there are.

*Proof.* A gathered site stands inside of sums over it alone, which the verifier holds (``verification/gathered.py``).
So nothing of the program names a neighbour, and a sum has no order. Like atoms at the centre have the same circuit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from itertools import combinations

from qffc.ir.declarations import Site
from qffc.ir.exchange_group import SiteExchange, exchanges
from qffc.ir.generators import TableMoves
from qffc.ir.program import Program
from qffc.passes.circuit.written_out import written_out
from qffc.passes.equivariance.finding import Finding, Rule
from qffc.passes.equivariance.renaming.relabelling import relabelled
from qffc.passes.equivariance.renaming.words import Action, make_word, representatives
from qffc.passes.equivariance.verdict import Transform, Witness

RELABELLING = Rule(
    "relabelling modulo commutation",
    "sites renamed is qubits renamed, up to the order of commuting operations",
)
AVERAGE = Rule("average over exchange", "the response is averaged over the assignments of like atoms to sites")
SUMS = Rule(
    "sums over neighbours", "neighbours enter through sums over all of them alone, which have no order, for any number"
)
NOTHING_ALIKE = Rule(
    "no like sites", "no two sites of a molecule have one role and one species, and no two molecules are alike"
)


def check_exchange(program: Program) -> tuple[Finding, ...]:
    """Return a finding for each transposition of like sites and exchange of like molecules that generate all."""
    if program.gathered is not None:
        return (Finding("exchange neighbours", SUMS, _two_neighbours(program)),)
    generators = exchanges(program.sites)
    note = _role_note(program)
    if not generators:
        return (Finding("exchange", NOTHING_ALIKE, Transform("nothing"), note=note),)
    if "exchange" in program.average:
        return tuple(Finding(str(generator), AVERAGE, _transform(generator), note=note) for generator in generators)
    words = cache(partial(make_word, program))
    found = []
    for generator in generators:
        sites = dict(generator.moves)
        proof = relabelled(words(representatives(program, sites)), Action(sites=sites))
        failure, witness = (None, proof) if isinstance(proof, Witness) else (proof, None)
        found.append(Finding(str(generator), RELABELLING, _transform(generator), failure, note, witness=witness))
    return tuple(found)


def _two_neighbours(program: Program) -> Transform:
    """Two neighbours of a program that is written out, with all that they carry."""
    out = written_out(program)
    assert out is not None
    one, other = out.neighbour_sites[:2]
    pairs = [(one, other), *zip(out.tips(one), out.tips(other), strict=True)]
    known = {site.name for site in out.program.sites}
    moves = tuple(move for a, b in pairs if a in known for move in ((a, b), (b, a)))
    entries = (TableMoves(out.table, ((1, 2), (2, 1)), (0,)),) if out.has_table else ()
    return Transform("exchange of two neighbours", sites=moves, entries=entries)


def _transform(generator: SiteExchange) -> Transform:
    words = f"exchange of the positions of {'molecules ' * generator.molecules}{' and '.join(generator.names)}"
    return Transform(words, sites=generator.moves)


def _role_note(program: Program) -> str:
    """Say what is told apart by roles alone; other scopes have a circuit for each atom as the centre."""
    if program.scope != "molecule":
        return ""
    apart = [
        f"{a.name} ({a.role}) and {b.name} ({b.role})"
        for a, b in combinations(program.sites, 2)
        if a.species == b.species and a.role != b.role and a.molecule == b.molecule
    ]
    apart += [
        f"molecules {_with_roles(one)} and {_with_roles(other)}"
        for one, other in combinations(_molecules(program), 2)
        if _elements(one) == _elements(other) and _kinds(one) != _kinds(other)
    ]
    return f"not exchanged, for their roles differ: {', '.join(apart)}" if apart else ""


def _molecules(program: Program) -> list[list[Site]]:
    members: dict[str | None, list[Site]] = {}
    for site in program.sites:
        members.setdefault(site.molecule, []).append(site)
    return list(members.values())


def _elements(molecule: Sequence[Site]) -> list[str | None]:
    return sorted((site.species for site in molecule), key=str)


def _kinds(molecule: Sequence[Site]) -> list[tuple[str | None, str]]:
    return sorted(((site.species, site.role) for site in molecule), key=str)


def _with_roles(molecule: Sequence[Site]) -> str:
    return f"{molecule[0].molecule} ({', '.join(f'{site.name} {site.role}' for site in molecule)})"
