"""What the author writes is what the program says."""

import copy
import pickle
from fractions import Fraction
from pathlib import Path

import pytest

import qffc as qf
from qffc.dsl import cross
from qffc.ir.declarations import AtomicReadout, EnergyReadout, Parameter
from qffc.ir.diagnostics import QffcError
from qffc.ir.generators import conserved_spin
from qffc.ir.ops import Chirality, Exchange, PauliRotation, Relabel, Rotate, Zero
from qffc.ir.text.parser import parse_program
from qffc.ir.values import ParameterEntry

HOWTO = Path(__file__).resolve().parents[3] / "docs" / "howto-author.md"


@qf.ansatz
def water(a, depth=3):
    oxygen = a.centre("O")
    hydrogens = a.neighbours("H", 2)
    twins = [a.twins(h) for h in hydrogens]
    for layer in a.layers(depth):
        for h, (upper, lower) in zip(hydrogens, twins, strict=True):
            a.rotate(upper, layer.radial("f", oxygen, h) * h.direction)
            a.rotate(lower, layer.radial("g", oxygen, h) * h.direction)
        a.exchange(twins, angle=layer.params("J", 3))
    return a.energy(a.dot(twins))


def test_water_as_text() -> None:
    text = water(depth=1).text
    assert (
        text
        == """\
qffc 1

program water
symmetry rotation, inversion, translation, exchange
scope molecule
species O, H

site O: O centre
site H1: H neighbour
site H2: H neighbour

parameter f: 1, species, species radial bessel 8 cutoff 5
parameter g: 1, species, species radial bessel 8 cutoff 5
parameter J: 1, 3
parameter readout: 4

qubit H1_upper: H1
qubit H1_lower: H1
qubit H2_upper: H2
qubit H2_lower: H2

singlet H1_upper, H1_lower
singlet H2_upper, H2_lower
rotate H1_upper, radial(f[0, Z(O), Z(H1)], norm(r(O, H1)))*unit(r(O, H1))
rotate H1_lower, radial(g[0, Z(O), Z(H1)], norm(r(O, H1)))*unit(r(O, H1))
rotate H2_upper, radial(f[0, Z(O), Z(H2)], norm(r(O, H2)))*unit(r(O, H2))
rotate H2_lower, radial(g[0, Z(O), Z(H2)], norm(r(O, H2)))*unit(r(O, H2))
exchange H1_upper, H1_lower, J[0, 0]
exchange H2_upper, H2_lower, J[0, 0]
exchange H1_upper, H2_upper, J[0, 1]
exchange H1_lower, H2_lower, J[0, 1]
exchange H1_upper, H2_lower, J[0, 2]
exchange H1_lower, H2_upper, J[0, 2]

observable m0 = 1*dot(H1_upper, H1_lower) + 1*dot(H2_upper, H2_lower)
observable m1 = dot(H1_upper, H2_upper)
observable m2 = dot(H1_lower, H2_lower)
observable m3 = 1*dot(H1_upper, H2_lower) + 1*dot(H1_lower, H2_upper)
energy moment(m0)*readout[0] + moment(m1)*readout[1] + moment(m2)*readout[2] + moment(m3)*readout[3]
"""
    )
    assert parse_program(text) == water(depth=1)


def test_ansatz_and_program_are_both_taken() -> None:
    assert qf.as_program(water) is water.program
    assert qf.as_program(water.program) is water.program
    assert water.program == water(depth=3)
    with pytest.raises(QffcError, match="not a program"):
        qf.as_program("water")  # type: ignore[arg-type]


def test_operations_point_at_the_line_of_the_author() -> None:
    span = water.program.ops[-1].span
    assert span is not None
    assert span.file == __file__
    assert str(span.source).strip() == 'a.exchange(twins, angle=layer.params("J", 3))'


def test_every_gate_and_parameter() -> None:
    @qf.ansatz(symmetry=("translation",), channels=2)
    def zoo(a):
        lithium, hydrogen = a.atoms("Li", "H")
        bond = lithium.to(hydrogen)
        q = a.qubits(3)
        a.zero(*q)
        t = a.param("t", default=0.5, frozen=True)
        J = a.param("J", qf.CHANNEL, qf.SPECIES, 2)
        a.rotate(q[0], t * cross(bond, hydrogen.position))
        for layer in a.layers(2):
            a.exchange(q[0], q[1], angle=J[hydrogen, layer] + layer.param("u"))
        a.chirality(*q, angle=1)
        a.pauli_rotation("ZX", q[1], q[0], angle=t)
        a.pauli_rotation({q[2]: "Y"}, angle=t)
        a.relabel({q[0]: q[1], q[1]: q[0]})
        return a.energy([a.dot(q[0], q[1]).named("bond"), a.pauli("Z", q[2])], offset=True)

    program = zoo.program
    assert [type(op) for op in program.ops] == [
        *[Zero] * 3, Rotate, Exchange, Exchange, Chirality, PauliRotation, PauliRotation, Relabel
    ]  # fmt: skip
    assert program.ops[7] == PauliRotation(((0, "X"), (1, "Z")), ParameterEntry("t"))
    assert program.parameters == (
        Parameter("t", (), Fraction(1, 2), frozen=True),
        Parameter("J", ("channel", "species", 2)),
        Parameter("u", ("channel", 2)),
        Parameter("readout", ("channel", 2)),
        Parameter("offset", ()),
    )
    assert str(program.ops[4].value) == "J[channel, Z(H), 0] + u[channel, 0]"
    assert isinstance(program.readout, EnergyReadout)
    assert (
        str(program.readout.value) == "moment(bond)*readout[channel, 0] + moment(m1)*readout[channel, 1] + 1/2*offset"
    )
    assert parse_program(program.text) == program


def test_names_of_like_atoms() -> None:
    @qf.ansatz
    def chain(a):
        a.atoms("H", "O", "H")
        q = a.qubits(2)
        a.singlet(*q)
        return a.energy(a.dot(*q))

    assert [site.name for site in chain.program.sites] == ["H1", "O", "H2"]
    assert "exchange" in chain.program.symmetry


def test_no_ties_without_exchange() -> None:
    @qf.ansatz(symmetry=("rotation",))
    def loose(a):
        a.centre("O")
        return a.energy(a.dot([a.twins(h) for h in a.neighbours("H", 2)]))

    assert len(loose.program.observables) == 6


def test_three_like_atoms_with_an_average() -> None:
    @qf.ansatz(average="exchange")
    def ammonia(a):
        a.centre("N")
        twins = [a.twins(h) for h in a.neighbours("H", 3)]
        a.exchange(twins, angle=0.1)
        return a.energy(a.dot(twins))

    assert ammonia.program.average == ("exchange",)
    assert sum(isinstance(op, Exchange) for op in ammonia.program.ops) == 15
    assert len(ammonia.program.observables) == 4


def test_pair_completes_the_orbit_of_a_feature() -> None:
    @qf.ansatz(scope="pair", species=("O", "H"))
    def pair(a):
        centre = a.centre()
        neighbours = a.neighbour_pair()
        twins = [a.twins(n) for n in neighbours]
        for n, (upper, _) in zip(neighbours, twins, strict=True):
            a.rotate(upper, a.layers(1)[0].radial("f", centre, n, cutoff=4.0) * n.direction)
        return a.atomic_energy([a.dot(*twins[0])])

    assert "observable m0 = 1*dot(a_upper, a_lower) + 1*dot(b_upper, b_lower)" in pair.program.text
    assert isinstance(pair.program.readout, AtomicReadout)
    assert str(pair.program.readout.weight) == "cutoff(norm(r(c, a)), 4)*cutoff(norm(r(c, b)), 4)"


def test_ties_follow_more_than_two_like_atoms() -> None:
    @qf.ansatz
    def ring(a):
        q = a.qubits(a.atoms("H", "H", "H", "H"))
        a.singlet(q[0], q[1])
        a.singlet(q[2], q[3])
        return a.energy([a.dot(q[0], q[1]), a.dot(q[2], q[3]) * a.dot(q[0], q[1])])

    sums = [line for line in ring.program.text.splitlines() if line.startswith("observable")]
    assert [line.count("1*") for line in sums] == [6, 3]


def test_ties_follow_a_relabelling() -> None:
    @qf.ansatz
    def moved(a):
        a.centre("O")
        (u1, l1), (u2, l2) = twins = [a.twins(h) for h in a.neighbours("H", 2)]
        a.relabel({l1: u2, u2: l1})
        return a.energy(a.dot(twins))

    # The lower qubit of H1 now holds the upper spin of H2: parallel became within.
    assert "observable m0 = dot(H1_upper, H1_lower)" in moved.program.text
    assert "observable m2 = 1*dot(H1_upper, H2_upper) + 1*dot(H1_lower, H2_lower)" in moved.program.text


def test_twins_again() -> None:
    @qf.ansatz
    def rich(a):
        a.centre("Li")
        hydrogen = a.neighbour("H")
        return a.energy(a.dot([a.twins(hydrogen), a.twins(hydrogen)]))

    assert [qubit.name for qubit in rich.program.qubits] == ["H_upper", "H_lower", "H_upper2", "H_lower2"]


@pytest.mark.skipif(not HOWTO.is_file(), reason="needs the source tree")
def test_the_howto_runs() -> None:
    blocks = [part.split("```")[0] for part in HOWTO.read_text().split("```python\n")[1:]]
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert qf.as_program(names["water"]).ops == water.program.ops  # type: ignore[arg-type]
    assert qf.as_program(names["lithium_hydride"]).name == "lithium-hydride"  # type: ignore[arg-type]


def test_an_ansatz_is_copied_and_pickled_by_name():
    program = water.program
    assert copy.deepcopy(water) is water
    assert pickle.loads(pickle.dumps(water)) is water
    assert pickle.loads(pickle.dumps(program)) == program


def test_what_an_ansatz_was_made_with_cannot_be_changed():
    with pytest.raises(AttributeError, match="head"):
        water.head = water.head


def test_conserved_spin_is_of_all_qubits_wherever_it_is_declared():
    def chain(early):
        @qf.ansatz(symmetry=("rotation",))
        def made(a):
            (atom,) = a.atoms("H")
            if early:
                a.conserved_spin()
            (b, c), (d, e) = a.twins(atom), a.twins(atom)
            if not early:
                a.conserved_spin()
            a.exchange(c, d, angle=a.param("t"))
            return a.energy(a.dot(b, e))

        return made

    first, second = chain(True).program, chain(False).program
    assert first.generators == second.generators == conserved_spin(4)
    assert qf.check(first).holds


def test_conserved_spin_shares_no_name():
    @qf.ansatz(symmetry=())
    def twice(a):
        (atom,) = a.atoms("H")
        upper, lower = a.twins(atom)
        a.conserved("spin_z", a.pauli("Z", upper))
        a.conserved_spin()
        return a.energy(a.dot(upper, lower))

    with pytest.raises(QffcError, match=r"generator declared twice(.|\n)*'spin_z'"):
        _ = twice.program


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_collective_exchange_couples_like_atoms_in_no_order(count: int) -> None:
    @qf.ansatz
    def cluster(a):
        a.centre("C")
        hydrogens = a.neighbours("H", count)
        twins = [a.twins(h) for h in hydrogens]
        for h, (upper, lower) in zip(hydrogens, twins, strict=True):
            a.rotate(upper, h.position)
            a.exchange(upper, lower, angle=0.3)
        a.collective(*(pair.upper for pair in reversed(twins)), angle=a.param("J"))
        for h, (upper, _) in zip(hydrogens, twins, strict=True):
            a.rotate(upper, h.direction)
        return a.energy(a.dot(twins))

    program = cluster.program
    (op,) = [op for op in program.ops if op.word == "collective"]
    assert op.qubits == tuple(range(0, 2 * count, 2))
    verdicts = qf.check(program).verdicts
    assert {verdict.status for verdict in verdicts if verdict.generator != "inversion"} == {"proven"}
    assert sum(verdict.generator.startswith("exchange") for verdict in verdicts) == count - 1


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_four_spins_couple_any_number_of_like_atoms(count: int) -> None:
    @qf.ansatz
    def methane(a):
        a.centre("C")
        hydrogens = a.neighbours("H", count)
        twins = [a.twins(h) for h in hydrogens]
        for h, (upper, lower) in zip(hydrogens, twins, strict=True):
            a.rotate(upper, h.position)
            a.exchange(upper, lower, angle=0.3)
        a.four_spin(twins, angle=a.param("J"))
        for h, (_, lower) in zip(hydrogens, twins, strict=True):
            a.rotate(lower, h.direction)
        return a.energy(a.dot(twins))

    program = methane.program
    assert sum(op.word == "four_spin" for op in program.ops) == count * (count - 1) // 2
    verdicts = qf.check(program).verdicts
    assert {verdict.status for verdict in verdicts if verdict.generator != "inversion"} == {"proven"}
    assert sum(verdict.generator.startswith("exchange") for verdict in verdicts) == max(count - 1, 0)
