from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qffc.execution.engines import engines
from qffc.ir.diagnostics import QffcError
from qffc.passes.machines import is_helios, is_hosted_emulator
from qffc.passes.target import CostWeights
from qffc.passes.target_noise import NoiseModel
from qffc.targets.catalogue import target, target_names, targets

pytestmark = pytest.mark.smoke


def lab(folder, text):
    """The target of a small file."""
    file = folder / "lab.toml"
    file.write_text(text)
    return target(file)


def test_shipped_targets_are_found_by_their_names():
    assert set(target_names()) >= {"H2-1", "H2-1LE", "H2-1E", "H2-1LE-noisy", "Helios", "Helios-1", "Helios-2", "ideal"}
    assert [each.name for each in targets()] == list(target_names())
    assert target("H2-1LE") is target("H2-1LE")


def test_an_unknown_target_lists_the_known_ones():
    with pytest.raises(QffcError, match=r"'H2-1', 'H2-1E', .*, 'ideal', or a file"):
        target("H3")


@pytest.mark.parametrize("name", ["H1-1", "H1-1LE", "H1-1LE-noisy", "H1-1E", "H1-2"])
def test_a_removed_machine_says_since_when_and_what_to_take(tmp_path, name):
    instead = {"H1-1LE": "H2-1LE", "H1-1LE-noisy": "H2-1LE-noisy", "H1-1E": "H2-1E"}.get(name, "H2-1")
    said = rf"'{name}': [\s\S]*15 October 2025[\s\S]*take '{instead}'"
    with pytest.raises(QffcError, match=said):
        target(name)
    with pytest.raises(QffcError, match=said):
        lab(tmp_path, f'like = "{name}"\n')
    with pytest.raises(QffcError, match="15 October 2025"):
        lab(tmp_path, f'like = "H2-1"\nmachine = "{name}"\n')
    assert instead in target_names()


def test_names_of_machines_say_what_they_are():
    machines = {each.machine for each in targets() if each.machine}
    assert {name for name in machines if is_hosted_emulator(name)} == {"H2-1E", "H2-2E", "Helios-1E-lite"}
    assert {name for name in machines if is_helios(name)} == {"Helios-1", "Helios-2", "Helios-1E-lite"}
    assert [target(name).checker for name in ("H2-2E", "Helios-2", "HeliosLE", "H2-1LE")] == [
        "H2-2SC",
        "Helios-2SC",
        None,
        None,
    ]
    assert all(each.limits.circuits == 300 for each in targets() if each.machine)


@pytest.mark.parametrize("each", [t for t in targets() if t.device], ids=lambda t: t.name)
def test_targets_are_what_pytket_says(each):
    from pytket.circuit import OpType
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

    info = QuantinuumBackend(each.device).backend_info
    assert info.n_nodes == each.qubits
    assert {getattr(OpType, gate) for gate in each.gates} <= set(info.gate_set)
    # Not its local emulators: pytket lists these with the extra 'emulator' alone, and compiling needs none.
    assert info.misc["system_type"] == "hardware"
    if each.machine:
        assert info.misc["max_n_shots"] == each.limits.shots
        assert info.misc["syntax_checker"] == each.checker
        assert target(info.misc["emulator"]).machine == info.misc["emulator"]


@pytest.mark.parametrize("name", ["H2-1", "H2-2"])
def test_noise_is_what_pytket_says(name):
    from pytket.extensions.quantinuum.backends.quantinuum import QuantinuumBackend

    specs = QuantinuumBackend(name).backend_info.misc["noise_specs"]
    noise = target(name).noise
    assert noise == NoiseModel(
        one_qubit=specs["1q_gate_error"]["p1"],
        two_qubit=specs["2q_gate_error"]["p2"],
        memory=specs["memory_error"]["memory_error"],
        measurement_0=specs["spam_error"]["p_meas_0"],
        measurement_1=specs["spam_error"]["p_meas_1"],
        source=noise.source,
    )
    assert specs["date"] in noise.source


@pytest.mark.parametrize("name", target_names())
def test_every_noise_has_a_source_and_every_target_says_where_figures_come_from(name):
    each = target(name)
    assert each.notes
    assert each.noise is None or each.noise.source
    assert (each.noise is not None and each.emulator is not None) == name.endswith("-noisy")


def test_noisy_emulators_have_the_noise_of_their_device():
    for name in ("H2-1", "H2-2", "Helios"):
        assert replace(target(f"{name}LE-noisy").noise, source="") == replace(target(name).noise, source="")


def test_a_small_file_changes_what_it_names(tmp_path):
    made = lab(tmp_path, 'like = "H2-1"\nqubits = 8\nmachine = "none"\n[noise]\ntwo_qubit = 5e-3\n')
    noise = replace(target("H2-1").noise, two_qubit=5e-3)
    assert made == replace(target("H2-1"), name="lab", qubits=8, machine=None, noise=noise)


def test_selene_takes_the_place_of_pecos_without_tk2(tmp_path):
    made = lab(tmp_path, 'like = "H2-1LE"\nemulator = "selene"\ngates = ["ZZPhase", "ZZMax"]\n')
    assert (made.emulator, made.two_qubit) == ("selene", "ZZPhase")


def test_a_file_may_stand_alone(tmp_path):
    made = lab(tmp_path, 'title = "our two ions"\nqubits = 2\ngates = ["ZZPhase"]\n')
    assert (made.name, made.two_qubit, made.pricing, made.noise) == ("lab", "ZZPhase", None, None)


def test_the_cheaper_gate_is_preferred_unless_the_file_names_one(tmp_path):
    dear = 'like = "H2-1"\n{}[weights]\ntk2_base = 1.0\n'
    assert lab(tmp_path, dear.format("")).two_qubit == "ZZPhase"
    assert lab(tmp_path, dear.format('two_qubit = "TK2"\n')).two_qubit == "TK2"


@given(base=st.floats(0, 3), angle=st.floats(0, 3), zz=st.floats(0, 3))
def test_weights_of_a_file_arrive_and_decide(base, angle, zz):
    from qffc.targets.catalogue import _text
    from qffc.targets.target_file import read_target

    text = f'like = "H2-1"\n[weights]\ntk2_base = {base!r}\ntk2_angle = {angle!r}\nzz = {zz!r}\n'
    made = read_target("lab", text, _text, "lab.toml")
    assert made.weights == CostWeights(zz, base, angle)
    assert made.two_qubit == ("TK2" if made.weights.tk2(3) <= 3 * zz else "ZZPhase")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("qubits =", "TOML"),
        ("qubits = 3", "title missing"),
        ('like = "H2-1"\ncolour = 1', "unknown entry 'colour'"),
        ('like = "H2-1"\n[noise]\np2 = 1e-3', r"unknown entry 'noise.p2'[\s\S]*'two_qubit'"),
        ('like = "H2-1"\n[noise]\ntwo_qubit = 0.999', "two_qubit = 0.999"),
        ('like = "H2-1"\n[limits]\nshots = 0', "shots=0"),
        ('like = "H2-1"\nqubits = 0', "0 qubits"),
        ('like = "H2-1"\ngates = ["CX"]', r"'CX' for target 'lab', which runs on 'H2-1'[\s\S]*'ZZPhase'"),
        ('like = "H2-1"\nweights = 3', "weights = 3"),
        ('like = "H2-1LE"\nemulator = "selene"', r"'selene' and gates 'TK2', [\s\S]*no TK2"),
        ('like = "H2-1"\nmachine = "Helios-1"', r"machine 'Helios-1' and gates 'TK2', [\s\S]*no TK2"),
        ('like = "Helios"\nmachine = "Helios-1SC"', r"syntax checker[\s\S]*such as 'Helios-1'[\s\S]*no shots"),
        ('like = "Helios-2"\nregion = "eu"', r"region = 'eu'"),
        ('like = "H2-9"', "unknown target"),
        ("like = 2", "like = 2"),
        ('like = "ideal"\nemulator = "pecos"', "without native gates"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path, text, message):
    with pytest.raises(QffcError, match=message):
        lab(tmp_path, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(QffcError, match=r"none\.toml': No such file"):
        target(tmp_path / "none.toml")


def test_the_verb_takes_names_and_files(tmp_path, capsys):
    from qffc.cli.targets import show_targets

    (tmp_path / "lab.toml").write_text('like = "H2-1"\ntitle = "ours"\nqubits = 8\n')
    show_targets(str(tmp_path / "lab.toml"), as_json=True)
    shown = json.loads(capsys.readouterr().out)["targets"][0]
    assert (shown["name"], shown["qubits"], shown["noise"]["two_qubit"]) == ("lab", 8, 1.05e-3)
    show_targets("H2-1LE-noisy")
    shown = capsys.readouterr().out
    assert "0.00105" in shown
    assert "pecos" in shown
    show_targets("Helios-2")
    shown = " ".join(capsys.readouterr().out.split())
    assert "machine Helios-2 syntax checker Helios-2SC region sg" in shown
    show_targets()
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[1 : 1 + len(target_names())]] == list(target_names())


@pytest.mark.parametrize(
    ("guppy", "selene", "installed"),
    [("1.2.0", "0.3.7", True), ("1.10.1", "0.4", True), ("0.21.16", "0.2.18", False), ("1.2.0", "0.2.18", False)],
)
def test_engines_of_older_versions_are_not_taken(monkeypatch, guppy, selene, installed):
    found = {"guppylang": guppy, "selene-sim": selene}
    monkeypatch.setattr("qffc.execution.engines.version", found.__getitem__)
    engine = engines()["selene"]
    assert engine.installed is installed
    assert engine.state.startswith("installed" if installed else "not installed")
    assert selene in engine.state


def test_advice_names_the_extra_and_the_python_that_it_needs():
    advice = {name: engine.advice for name, engine in engines().items()}
    assert all(f"the extra '{engine.extra}'" in advice[name] for name, engine in engines().items())
    assert advice["selene"].startswith("on Python 3.12 or newer: pip install ")
    assert advice["pecos"].startswith("pip install ")
