"""What callers give to the public names: the obvious works, everything else says what is expected."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from pytket.circuit import Circuit

import qffc as qf
from qffc.data import load_embedded
from qffc.ir.diagnostics import QffcError
from qffc.models.force_field import untrained
from qffc.models.moving_atoms import MovingAtoms
from qffc.passes.base import Pass, PassResult, Preserves
from qffc.passes.simplify.canonicalize import Canonicalize
from qffc.training.config import TrainingConfig

WATER = load_embedded("water")
PROGRAM = "lib:sivqlm-h2o:depth=1"
FRAME = WATER.positions[:1]
MODEL = untrained(qf.resolve_program(PROGRAM), seed=1)
H2O = Atoms(["O", "H", "H"], WATER.positions[0])
BELL, SPIN = Circuit(2).H(0).CX(0, 1), {"sites": {"H": "H"}, "observables": {"E": "Z(q0)"}}
SHORT = {"epochs": 1, "train": 2, "validation": 0, "test": 1}


def _frames(count: int) -> list[Atoms]:
    frames = []
    for index in range(count):
        atoms = Atoms(WATER.numbers, WATER.positions[index])
        atoms.calc = SinglePointCalculator(atoms, energy=WATER.energies[index], forces=WATER.forces[index])
        frames.append(atoms)
    return frames


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    qf.save_model(MODEL, tmp_path)
    assert (tmp_path / "model.safetensors").is_file()
    return tmp_path


@pytest.mark.filterwarnings("ignore::qffc.ir.diagnostics.QffcWarning")  # an untrained model has no certificate
def test_a_place_of_a_model_stands_for_the_model(folder):
    for place in (folder, str(folder), folder / "model.safetensors"):
        water = H2O.copy()
        water.calc = qf.Calculator(place)
        assert water.get_potential_energy() == MODEL.predict(WATER.numbers, FRAME)[0][0]
    assert qf.check_model(folder).holds
    assert qf.run(folder, H2O, shots=20).shots > 0
    assert qf.Calculator("trained:water").model.program.name == "pair"


def test_symbols_stand_for_atomic_numbers():
    wanted = MODEL.predict(WATER.numbers, FRAME)
    for elements in (["O", "H", "H"], [8, 1, 1], np.array([8.0, 1.0, 1.0]), np.array(["O", "H", "H"])):
        for found, right in zip(MODEL.predict(elements, FRAME.tolist()), wanted, strict=True):
            np.testing.assert_array_equal(found, right)
    assert qf.check_model(MODEL, ["O", "H", "H"], FRAME).holds
    assert MovingAtoms(untrained(qf.load("pair"), seed=0), ["O", "H", "H"]).numbers.tolist() == [8, 1, 1]


def test_objects_of_ase_are_data(tmp_path):
    frames = _frames(6)
    model = qf.train(PROGRAM, frames, tmp_path / "ase", **SHORT)
    same = qf.train(PROGRAM, WATER.subset(range(6)), tmp_path / "set", **SHORT)
    for name, value in same.arrays.items():
        np.testing.assert_array_equal(model.arrays[name], value)
    assert qf.evaluate(model, frames, part="all").errors.frames == 6
    stored = Atoms(WATER.numbers, WATER.positions[0], info={"REF": WATER.energies[0]})
    stored.arrays["push"] = WATER.forces[0]
    keys = {"energies": "REF", "forces": "push"}
    assert qf.evaluate(model, stored, keys=keys).errors.energy_mae >= 0
    with pytest.raises(QffcError, match=r"frame 1(.|\n)*O H H, as in frame 0"):
        qf.evaluate(model, [frames[0], Atoms("NH3", np.eye(4, 3))])
    with pytest.raises(QffcError, match=r"no energy under this key(.|\n)*frame 0"):
        qf.evaluate(model, [H2O])
    periodic = frames[0].copy()
    periodic.pbc, periodic.calc = True, frames[0].calc
    with pytest.raises(QffcError, match=r"cell that is none(.|\n)*frame 0"):
        qf.evaluate(model, [periodic])
    periodic.set_cell(9.0 * np.eye(3))
    with pytest.raises(QffcError, match="periodic atoms of a model without a cutoff"):
        qf.evaluate(model, [periodic])


def test_settings_may_be_a_dictionary_and_a_precision_a_word(tmp_path):
    model = qf.train(PROGRAM, "water", str(tmp_path), config={**SHORT, "epochs": 3}, epochs=1, precision="32")
    stored = TrainingConfig.model_validate_json(model.metadata["config"])
    assert (stored.epochs, stored.precision, stored.train) == (1, 32, 2)
    assert [qf.Calculator(MODEL, precision=word).precision for word in ("32", "float64", 64)] == [32, 64, 64]


@dataclass(frozen=True)
class Nothing(Pass[None]):
    """A pass of a user, in no registry."""

    name: ClassVar[str] = "nothing"
    preserves: ClassVar[Preserves] = "everything"

    def run(self, program, target):
        """Return the program."""
        return PassResult(program, None)


def test_passes_are_given_by_name_or_as_objects():
    by_text = qf.compile(PROGRAM, pipeline="canonicalize,check-equivariance")
    for steps in (["canonicalize", "check-equivariance"], (Canonicalize(), "check-equivariance")):
        compiled = qf.compile(PROGRAM, pipeline=steps)
        assert compiled.program == by_text.program
        assert compiled.passes == by_text.passes
        assert compiled.certificate == by_text.certificate
    own = qf.compile(PROGRAM, pipeline=["check-equivariance", Nothing(), Canonicalize()])
    assert [record.name for record in own.records] == ["check-equivariance", "nothing", "canonicalize"]
    assert own.certificate == qf.check(own.program)  # nobody else could go through a pass that is not known


WRONG = {
    "register_pass(object)": (lambda: qf.register_pass(Nothing()), "not a pass"),
    "Calculator(None)": (lambda: qf.Calculator(None), "not a model"),
    "Calculator(program)": (lambda: qf.Calculator(MODEL.program), "not a model"),
    "Calculator(skin)": (lambda: qf.Calculator(MODEL, skin="a"), "skin that is no number"),
    "Calculator(precision)": (lambda: qf.Calculator(MODEL, precision=16), "unknown precision"),
    "Ensemble(None)": (lambda: qf.Ensemble(None), "not a list of models"),
    "Ensemble([None])": (lambda: qf.Ensemble([MODEL, None]), "not a model"),
    "check_model(None)": (lambda: qf.check_model(None), "not a model"),
    "check_model(atoms)": (lambda: qf.check_model(MODEL, H2O), r"not the atoms(.|\n)*atoms.numbers"),
    "check_model(seed)": (lambda: qf.check_model(MODEL, seed="x"), "seed that is no whole number"),
    "predict(text)": (lambda: MODEL.predict("OH2", FRAME), "not the atoms of a molecule"),
    "predict(symbol)": (lambda: MODEL.predict(["O", "H", "Q"], FRAME), r"symbol of no element\n  found:    'Q'"),
    "predict(None)": (lambda: MODEL.predict(None, None), "not the atoms of a molecule"),
    "predict(words)": (lambda: MODEL.predict([8, 1, 1], [[["a", 0, 0]] * 3]), "positions that are no real numbers"),
    "predict(ragged)": (lambda: MODEL.predict([8, 1, 1], [[[0, 0, 0], [0, 0]]]), "positions that are no real numbers"),
    "predict(complex)": (lambda: MODEL.predict([8, 1, 1], FRAME * 1j), r"an array of complex128"),
    "molecule(halves)": (lambda: MODEL.molecule([8.5, 1, 1]), "not the atoms of a molecule"),
    "train(None)": (lambda: qf.train(PROGRAM, None, "x"), "not data"),
    "train(nothing)": (lambda: qf.train(PROGRAM, [], "x"), "no frames"),
    "train(number)": (lambda: qf.train(PROGRAM, 3, "x"), "not data"),
    "train(no file)": (lambda: qf.train(PROGRAM, Path("x.xyz"), "x"), "no such data"),
    "train(no folder)": (lambda: qf.train(PROGRAM, "water", None), "no place for the run"),
    "train(config)": (lambda: qf.train(PROGRAM, "water", "x", config="x"), "not a configuration"),
    "train(setting)": (lambda: qf.train(PROGRAM, "water", "x", config={"epoch": 1}), "unknown setting"),
    "train(start)": (lambda: qf.train(PROGRAM, "water", "x", start_from=3), "not a model"),
    "train(energies)": (lambda: qf.train(PROGRAM, "water", "x", atom_energies=3), "not energies of atoms"),
    "train(units)": (lambda: qf.train(PROGRAM, "water", "x", units=3), "not units"),
    "compile(own class)": (lambda: qf.compile(PROGRAM, pipeline=[object()]), "not a pass"),
    "compile(number)": (lambda: qf.compile(PROGRAM, pipeline=3), "not a pass"),
    "compile(target)": (lambda: qf.compile(PROGRAM, None), "not a target"),
    "compile(level)": (lambda: qf.compile(PROGRAM, level=1.0), "unknown optimization level"),
    "compile(path)": (lambda: qf.compile(Path("x.qffc")), "file that cannot be read"),
    "circuit(text)": (lambda: qf.compile(PROGRAM, "H2-1LE").circuit("x"), "slots that are no real numbers"),
    "export_model(None)": (lambda: qf.export_model(None, ["O", "H", "H"], "water.zip"), "not a model"),
    "export_model(numbers)": (lambda: qf.export_model(MODEL, None, "water.zip"), "not the atoms of a molecule"),
    "evaluate(None)": (lambda: qf.evaluate(None, "water"), "not a model"),
    "evaluate(data)": (lambda: qf.evaluate(MODEL, None), "not data"),
    "evaluate(part)": (lambda: qf.evaluate(MODEL, "water", part="train"), "not a part of the frames"),
    "run(None)": (lambda: qf.run(MODEL, None), "not a molecule"),
    "run(list)": (lambda: qf.run(MODEL, [H2O], shots=20), "not a molecule"),
    "run(model)": (lambda: qf.run(3, H2O, shots=20), "not a model"),
    "run(target)": (lambda: qf.run(MODEL, H2O, shots=20, target=None), "not a target"),
    "run(shots)": (lambda: qf.run(MODEL, H2O, shots=20.5), "shots that is no whole number"),
    "run(pilot)": (lambda: qf.run(MODEL, H2O, shots=20, pilot="x"), "pilot that is no whole number"),
    "run(seed)": (lambda: qf.run(MODEL, H2O, shots=20, seed=-1), "seed out of range"),
    "run(price)": (lambda: qf.run(MODEL, H2O, shots=20, max_price="x"), "max_price that is no number"),
    "run(store)": (lambda: qf.run(MODEL, H2O, shots=20, store=3), "no place for the results"),
    "run_forces(None)": (lambda: qf.run_forces(MODEL, None), "not a molecule"),
    "load_model(None)": (lambda: qf.load_model(None), "no place for a model"),
    "load_model(model)": (lambda: qf.load_model(MODEL), "no place for a model"),
    "save_model(turned)": (lambda: qf.save_model("x", MODEL), "not a model"),
    "save_model(None)": (lambda: qf.save_model(MODEL, None), "no place for the model"),
    "load_compiled(None)": (lambda: qf.load_compiled(None), "no place for a compiled program"),
    "resolve_data(list)": (lambda: qf.resolve_data([H2O]), "not the name of data"),
    "resolve_program(None)": (lambda: qf.resolve_program(None), "not the name of a program"),
    "resolve_program(program)": (lambda: qf.resolve_program(MODEL.program), "not the name of a program"),
    "as_program(text)": (lambda: qf.as_program("lib:pair"), "not a program"),
    "check(model)": (lambda: qf.check(MODEL), "not a program"),
    "ansatz(number)": (lambda: qf.ansatz(3), "not an ansatz"),
    "ForceField(text)": (lambda: qf.ForceField("lib:pair", {}), "not a program"),
    "ForceField(None)": (lambda: qf.ForceField(MODEL.program, None), "not the arrays of a model"),
    "with_limits(None)": (lambda: qf.with_limits(None, "water"), "not a model"),
    "with_uncertainty(None)": (lambda: qf.with_uncertainty(None, "water"), "not a model"),
    "with_uncertainty(data)": (lambda: qf.with_uncertainty(MODEL, None), "not data"),
    "without_uncertainty(None)": (lambda: qf.without_uncertainty(None), "not a model"),
    "without_limits(None)": (lambda: qf.without_limits(None), "not a model"),
    "with_limits(data)": (lambda: qf.with_limits(MODEL, None), "not data"),
    "target(None)": (lambda: qf.target(None), "unknown target"),
    "from_pytket(None)": (lambda: qf.from_pytket(None, sites={}, observables={}), "not a circuit"),
    "from_pytket(sites)": (lambda: qf.from_pytket(BELL, sites="H", observables={}), "description of a circuit"),
    "from_pytket(qubits)": (lambda: qf.from_pytket(BELL, **SPIN, qubits={0: "H"}), "description of a circuit"),
    "from_pytket(symmetry)": (lambda: qf.from_pytket(BELL, **SPIN, symmetry="rotation"), "description of a circuit"),
    "from_pytket(no file)": (lambda: qf.from_pytket("bell.qasm", **SPIN), "circuit that cannot be read"),
    "audit(None)": (lambda: qf.audit(None, H2O), "not a calculator"),
    "audit(atoms)": (lambda: qf.audit(qf.Calculator(MODEL), None), "not atoms"),
    "load(None)": (lambda: qf.load(None), "unknown library program"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_says_what_is_expected(name):
    call, title = WRONG[name]
    with pytest.raises(QffcError, match=title) as caught:
        call()
    assert len(caught.value.diagnostic.found) < 400  # no model or program is printed as a whole


def test_every_public_name_is_walked():
    walked = {name.partition("(")[0] for name in WRONG}
    takes_no_object = {"programs", "Compiled", "Ansatz", "CHANNEL", "ROUND", "SPECIES", "__version__"}
    assert set(qf.__all__) - takes_no_object <= walked
