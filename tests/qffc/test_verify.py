"""The checker of certificates that shares no code with qffc: it agrees with the check, and believes no forger."""

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from certificate_claims import false_claim
from certificate_mutants import NOT_LOOKED_AT, mutants, sealed

from qffc import verify
from qffc.ir import Program
from qffc.library.catalogue import load, programs
from qffc.passes.equivariance.check import check_equivariance
from qffc.testing import MUTATIONS, internally_symmetric_program, mutate, symmetric_program
from qffc.toolchain import compile as compile_program

FILE = Path(verify.__file__)
checked = cache(check_equivariance)


def certificate(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check_equivariance(program).to_json())
    return found


def accepts(data: dict[str, Any]) -> bool:
    try:
        verify.verify(data)
    except (verify.Rejected, *verify.MALFORMED):
        return False
    return True


def test_it_takes_nothing_but_the_standard_library() -> None:
    imported = set()
    for node in ast.walk(ast.parse(FILE.read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", programs())
def test_certificates_of_the_library_are_confirmed(name: str) -> None:
    data = certificate(load(name))
    lines = verify.verify(data, data["text"])
    assert lines == [f"{v['generator']}: {v['status']} is confirmed" for v in data["verdicts"]]


def test_certificates_of_random_programs_and_of_mutants_are_confirmed() -> None:
    seen = set()
    for seed in range(24):
        random = Random(f"verify {seed}")
        program = (symmetric_program, internally_symmetric_program)[seed % 2](random)
        mutant = mutate(program, random.choice(MUTATIONS), random) if seed % 3 == 0 else None
        data = certificate(program if mutant is None else mutant.program)
        verify.verify(data)
        seen |= {verdict["status"] for verdict in data["verdicts"]}
    assert {"proven", "refuted"} <= seen


def test_the_certificate_of_a_compiled_program_is_confirmed_after_its_passes() -> None:
    data = json.loads(compile_program("lib:sivqlm-h2o:depth=1", "H2-1LE", level=2).to_json())
    assert data["certificate"]["text"] != data["source"]["text"]
    assert len(verify.verify(data)) == len(data["certificate"]["verdicts"])
    other = {**data, "program": data["source"]}
    with pytest.raises(verify.Rejected, match="not that of its certificate"):
        verify.verify(other)


def test_the_copied_file_runs_alone(tmp_path: Path) -> None:
    copy, file = tmp_path / "checker.py", tmp_path / "certificate.json"
    copy.write_text(FILE.read_text())
    data = certificate(load("water-demo", depth=1))
    file.write_text(json.dumps(data))
    (tmp_path / "program.qffc").write_text(data["text"])
    (tmp_path / "other.qffc").write_text(load("water-demo", depth=2).text)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(copy), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run("certificate.json", "program.qffc")
    assert good.returncode == 0
    assert good.stdout.splitlines() == [
        "rotation: refuted is confirmed",
        "inversion: refuted is confirmed",
        "translation: proven is confirmed",
        "exchange H1 H2: refuted is confirmed",
        "accepted",
    ]
    other = run("certificate.json", "other.qffc")
    assert (other.returncode, other.stdout) == (1, "rejected: the certificate is about another program\n")
    file.write_text(json.dumps({**data, "program": "steam"}))
    changed = run("certificate.json")
    assert (changed.returncode, changed.stdout) == (1, "rejected: the certificate was changed after it was written\n")
    file.write_text("{")
    assert run("certificate.json").stdout.startswith("rejected: not a certificate: ")
    assert run().returncode == 2
    missing = run("nothing.json")
    assert (missing.returncode, missing.stderr.startswith("cannot read: ")) == (2, True)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sivqlm-lih", {"depth": 1}),
        pytest.param("water-demo", {"depth": 1}, marks=pytest.mark.slow),
        ("pair", {"depth": 1, "channels": 1}),
    ],
)
def test_no_mutant_that_claims_something_false_is_accepted(name: str, options: dict[str, object]) -> None:
    """A sample; ``benchmarks/certificates.py`` has all of them, of more programs."""
    random = Random(name)
    changed = list(mutants(certificate(load(name, **options)), random, texts=150))
    rejected = 0
    for mutant in random.sample(changed, 120):
        if not accepts(mutant.data):
            rejected += 1
        elif not NOT_LOOKED_AT.fullmatch(mutant.path):
            assert false_claim(mutant.data, checked) == "", mutant.path
    assert rejected > 40


def test_what_is_false_would_be_seen() -> None:
    data = certificate(load("water-demo", depth=1))
    for verdict in data["verdicts"]:
        forged = sealed(changed(data, verdict["generator"], status="proven"))
        assert verdict["status"] == "proven" or false_claim(forged, checked)
    numbers = {**data["verdicts"][0]["counterexample"], "response": [0.0]}
    forged = sealed(changed(data, "rotation", counterexample=numbers))
    assert false_claim(forged, checked) == "rotation: numbers that do not come again"


def changed(data: dict[str, Any], generator: str, **fields: object) -> dict[str, Any]:
    verdicts = [{**v, **fields} if v["generator"] == generator else v for v in data["verdicts"]]
    return {**data, "verdicts": verdicts}


def without(data: dict[str, Any], generator: str) -> dict[str, Any]:
    return {**data, "verdicts": [verdict for verdict in data["verdicts"] if verdict["generator"] != generator]}


@pytest.mark.parametrize(
    ("forge", "message"),
    [
        (lambda data: changed(data, "rotation", status="proven"), "a counterexample too many or too few"),
        (
            lambda data: changed(data, "rotation", status="proven", counterexample=None, survives=[]),
            "rotation: proven is not confirmed: responses differ",
        ),
        (lambda data: changed(data, "translation", bits=80.5), "80.5 bits are not confirmed"),
        (lambda data: changed(data, "translation", bits=200), "200 bits are not confirmed"),
        (lambda data: {**changed(data, "translation", bits=80), "rules_only": True}, "rules alone have no bits"),
        (
            lambda data: changed(data, "rotation", survives=["rotation about x"]),
            "refuted is not confirmed: responses differ",
        ),
        (lambda data: changed(data, "rotation", survives=["inversion"]), "rotation: 'inversion'"),
        (lambda data: without(data, "rotation"), "verdicts are missing or too many"),
        (lambda data: {**data, "symmetry": data["symmetry"][1:]}, "the symmetries are not those of the program"),
        (lambda data: {**data, "program": "steam"}, "the name is not that of the program"),
        (lambda data: {**data, "text": data["text"] + "\n"}, "the digest is not that of the text"),
        (lambda data: {**data, "text": None}, "another schema than 5"),
        (lambda data: {**data, "schema": 4}, "another schema than 5"),
        (
            lambda data: changed(data, "inversion", counterexample=data["verdicts"][0]["counterexample"]),
            "a matrix that is not of the symmetry",
        ),
    ],
)
def test_a_forged_certificate_is_rejected(forge: Any, message: str) -> None:
    data = sealed(forge(certificate(load("water-demo", depth=1))))
    with pytest.raises(verify.Rejected, match=message):
        verify.verify(data)


HEAD = "qffc 1\n\nprogram trap\nsymmetry {}\nscope atom\nspecies H, O\n\nsite c: any centre\nsite j: any gathered\n\n"
TABLES = "parameter f: 3, species radial bessel 4 cutoff 5\nparameter u: species over vectors\n\n"
PAIRS = "qubit a\nqubit b\nqubit d\nqubit e\n\nsinglet a, b\nsinglet d, e\n"
ROUNDS = "rounds 2 vectors 4 radial bessel 4 cutoff 5 "
READ = "\nobservable m = dot(a, d)\natomic weight 1 features m {}head 8, 8 silu\n"


def sums(*signs: str) -> str:
    parts = [f"sum(j, radial(f[{k}, Z(j)], norm(r(c, j)))*unit(r(c, j)))" for k in range(3)]
    return f"exchange a, d, dot(cross({parts[0]}, {parts[1]}), {parts[2]})\n"


POLAR = "sum(j, radial(f[0, Z(j)], norm(r(c, j)))*unit(r(c, j)))"
OTHER = POLAR.replace("f[0", "f[1")
THIRD = POLAR.replace("f[0", "f[2")
CARRIED = "vectors(u[Z(c)], c)"


@pytest.mark.parametrize(
    ("symmetry", "body", "rounds", "reason"),
    [
        # A triple product of sums is zero for two neighbours, and changes its sign for three.
        ("rotation", PAIRS + sums(), "", ""),
        ("inversion", PAIRS + sums(), "", "operations do not fit"),
        # Opposite turns of the halves of two singlets trade places in the mirror image.
        ("inversion", PAIRS + f"rotate a, {POLAR}\nrotate d, -1*{POLAR}\n", "", ""),
        # Two vectors lie in a plane, three do not.
        ("inversion", PAIRS + f"rotate a, {POLAR}\nrotate d, -1*{OTHER}\n", "", ""),
        ("inversion", PAIRS + f"rotate a, {POLAR}\nrotate d, -1*{OTHER}\nrotate e, {THIRD}\n", "", "do not fit"),
        # What turns a qubit is carried on as a polar vector, also where the response of one circuit would not care.
        ("inversion", PAIRS + f"rotate a, {POLAR} + {CARRIED}\nrotate d, -1*({POLAR} + {CARRIED})\n", ROUNDS, ""),
        ("inversion", PAIRS + f"rotate a, cross({POLAR}, {CARRIED})\n", ROUNDS, "does not turn as a polar one"),
        ("rotation", PAIRS + f"rotate a, cross({POLAR}, {CARRIED})\n", ROUNDS, ""),
        # A neighbour is named by sums alone.
        ("exchange", PAIRS + f"rotate a, {POLAR}\n", "", ""),
        ("exchange", PAIRS + "rotate a, r(c, j)\n", "", "'j'"),
    ],
)
def test_sums_over_neighbours(symmetry: str, body: str, rounds: str, reason: str) -> None:
    program = verify.Program(HEAD.format(symmetry) + TABLES + body + READ.format(rounds))
    assert reason in holds(program, next(iter(verify.expected(program))))


def holds(program: verify.Program, title: str) -> str:
    try:
        return verify.Check(program, verify.Exact(program), verify.expected(program)[title]).holds()
    except (verify.Rejected, KeyError) as problem:
        return str(problem)


TWO = """qffc 1

program two
symmetry rotation, inversion, translation, exchange
scope molecule
species H

site A: H free
site B: H free

parameter t

qubit a: A
qubit b: B
qubit d
qubit e

{}
observable m = {}
energy {}
"""
MOVING = {"rotation", "inversion", "exchange A B"}
SINGLETS = "singlet a, b\nsinglet d, e\n"


@pytest.mark.parametrize(
    ("body", "observable", "energy", "broken"),
    [
        (SINGLETS + "rotate a, r(B, A)\nrotate b, r(A, B)\n", "dot(a, b)", "moment(m)", set()),
        (SINGLETS + "rotate a, x(A)\nrotate b, x(B)\n", "dot(a, b)", "moment(m)", {"translation"}),
        ("zero a\nzero b\nsinglet d, e\nrotate a, r(B, A)\n", "1*dot(a, b) + 2*X(a)", "moment(m)", MOVING),
        (SINGLETS + "pauli_rotation X(a) X(d), t\n", "1*Z(a) Z(d)", "moment(m)", set()),
        (SINGLETS + "rotate a, t*r(B, A)\n", "Z(a) Z(b)", "moment(m)", {"rotation"}),
        # The direction of a vector that is zero everywhere is no direction.
        (SINGLETS + "rotate a, unit(cross(r(A, B), r(B, A)))\n", "Z(a) Z(b)", "moment(m)", set()),
        # Half a turn is none for a pair that is alike.
        (SINGLETS + "exchange a, d, 1/2*pi\n", "dot(a, d)", "moment(m)", set()),
        (SINGLETS + "exchange a, d, norm(r(A, B))\n", "dot(a, b)", "component(r(A, B), x)*moment(m)", MOVING),
    ],
)
def test_small_programs(body: str, observable: str, energy: str, broken: set[str]) -> None:
    program = verify.Program(TWO.format(body, observable, energy))
    assert {title for title in verify.expected(program) if holds(program, title)} == broken


@pytest.mark.parametrize(
    "text",
    [
        TWO.format(SINGLETS + "singlet a, d\n", "dot(a, b)", "moment(m)"),
        TWO.format("rotate a, r(A, B)\n" + SINGLETS, "dot(a, b)", "moment(m)"),
        TWO.format("singlet a, b\n", "dot(a, b)", "moment(m)"),
        TWO.format(SINGLETS + "exchange a, a, t\n", "dot(a, b)", "moment(m)"),
        TWO.format(SINGLETS + "rotate a, r(A, B, A) if t else t\n", "dot(a, b)", "moment(m)"),
        TWO.format(SINGLETS + "pauli_rotation 2*X(a), t\n", "dot(a, b)", "moment(m)"),
        TWO.format(SINGLETS, "dot(a, b)", "moment(m)\nenergy 2*moment(m)"),
        TWO.format(SINGLETS, "dot(a, b)*X(a)", "moment(m)"),
        TWO.format(SINGLETS, "dot(a, b)", "moment(m)").replace("qubit e", "qubit d"),
        TWO.format(SINGLETS, "dot(a, b)", "moment(m)").replace("species H\n", "species O\n"),
        TWO.format(SINGLETS, "dot(a, b)", "moment(m)").replace("qubit d\n", "singlet a, b\nqubit d\n"),
    ],
)
def test_a_text_that_is_no_program_is_rejected(text: str) -> None:
    with pytest.raises(verify.Rejected, match="is not understood|prepared"):
        verify.Program(text)
