"""Every reader of what comes from outside, as a function of bytes, with valid input to begin from.

Whatever the bytes, a reader returns, or raises `QffcError`; anything else is a fault of qffc.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pytket.circuit import Circuit

import qffc as qf
from qffc.compiling.compiled import from_json
from qffc.data.embedded import load_embedded
from qffc.data.npz import read_npz
from qffc.data.xyz import read_xyz
from qffc.importing.files import import_file
from qffc.ir.diagnostics import QffcError
from qffc.ir.text.parser import parse_program, parse_value
from qffc.models.files.array_file import read_arrays, write_arrays
from qffc.models.files.model_file import load_model, save_model
from qffc.models.force_field import untrained
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.raise_pytket.read_circuit import read_circuit
from qffc.studies.run_file import read_run
from qffc.targets.catalogue import target
from qffc.verify import main as verify

PROGRAM = "lib:sivqlm-lih:depth=1"
MEMBER = b"@@@"
"""Before the name of each array of an npz, in the plain form that is changed: a zip has checksums."""


@dataclass(frozen=True)
class Reader:
    """A reader and valid input for it.

    Args:
        read: takes the bytes and an empty folder.
        seeds: makes what it reads without an error.
        allowed: raised for what cannot be read.
    """

    read: Callable[[bytes, Path], object]
    seeds: Callable[[], list[bytes]]
    allowed: tuple[type[BaseException], ...] = (QffcError,)


def by_text(read: Callable[[str], object]) -> Callable[[bytes, Path], object]:
    """A reader of text."""
    return lambda content, folder: read(content.decode("utf-8", "replace"))


def by_file(read: Callable[[Path], object], name: str) -> Callable[[bytes, Path], object]:
    """A reader of a file of some name."""

    def of_bytes(content: bytes, folder: Path) -> object:
        (folder / name).write_bytes(content)
        return read(folder / name)

    return of_bytes


def programs() -> list[bytes]:
    """Texts that have every kind of line between them."""
    named = (
        PROGRAM,
        "lib:pair:depth=1,channels=1",
        "lib:water-demo:depth=1",
        "lib:gathered:depth=1",
        "lib:revised:depth=1",
    )
    return [qf.resolve_program(name).text.encode() for name in named if name.split(":")[1] in qf.programs()]


def values() -> list[bytes]:
    """Values of all kinds that need no program."""
    return [
        b"norm(r(O, H1))^2 * w[0] + 1/3",
        b"component(unit(cross(r(a, b), r(a, c))), x)",
        b"exp(-2 * dot(r(a, b), r(a, b)))",
    ]


def npz_parts() -> list[bytes]:
    """Arrays of a small dataset, each behind its name."""
    water = load_embedded("water").subset(range(2))
    arrays = {
        "z": water.numbers,
        "R": water.positions,
        "E": water.energies,
        "F": water.forces,
        "units_energy": np.array("eV"),
        "units_length": np.array("Angstrom"),
    }
    parts = []
    for name, array in arrays.items():
        content = io.BytesIO()
        np.save(content, array)
        parts.append(MEMBER + name.encode() + b"\n" + content.getvalue())
    return [b"".join(parts)]


def of_npz(content: bytes, folder: Path) -> object:
    """Read an npz made of arrays, each behind its name."""
    with zipfile.ZipFile(folder / "data.npz", "w") as archive:
        for part in content.split(MEMBER)[1:]:
            name, _, array = part.partition(b"\n")
            archive.writestr(zipfile.ZipInfo(name.decode("ascii", "replace") + ".npy"), array)
    return read_npz(folder / "data.npz")


def whole_npz() -> list[bytes]:
    """A file as it is written, checksums and all."""
    content = io.BytesIO()
    water = load_embedded("water").subset(range(2))
    np.savez(content, z=water.numbers, R=water.positions, E=water.energies, F=water.forces)
    return [content.getvalue()]


def xyz() -> list[bytes]:
    """Two frames of extended XYZ."""
    frame = (
        '3\nProperties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 pbc="F F F" units_energy=eV units_length=Angstrom\n'
        "O 0.0 0.0 0.0 0.1 0.0 0.0\nH 0.96 0.0 0.0 -0.1 0.0 0.0\nH -0.24 0.93 0.0 0.0 0.0 0.0\n"
    )
    return [(frame * 2).encode()]


def run_files() -> list[bytes]:
    """A run file with every table."""
    return [
        b'program = "lib:pair"\ndata = "water"\nepochs = 3\nlearning_rate = 0.01\n'
        b"[sweep]\nseed = [0, 1]\nprogram.depth = [1, 2]\n",
        b'program = "lib:pair"\ndata = ["water", "ammonia"]\n[search]\ntrials = 4\n[search.space]\n'
        b"learning_rate = {low = 1e-3, high = 1e-2, log = true}\n[curve]\nsizes = [10, 20]\n",
    ]


def targets() -> list[bytes]:
    """Files of targets that come with qffc."""
    folder = Path(qf.__file__).parent / "targets" / "files"
    return [path.read_bytes() for path in sorted(folder.glob("*.toml"))[:4]]


def certificates() -> list[bytes]:
    """Certificates of a program that is proven and of one that is not."""
    return [qf.check(name).to_json().encode() for name in (PROGRAM, "lib:water-demo:depth=1")]


def compiled() -> list[bytes]:
    """A compiled program on disk."""
    return [qf.compile(qf.resolve_program(PROGRAM), target="H2-1LE").to_json().encode()]


def circuits() -> list[bytes]:
    """OpenQASM 2 and 3, and the JSON of pytket."""
    two = b'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\nh q[0];\nrz(0.3*pi) q[1];\ncx q[0],q[1];\n'
    three = b'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float a;\nqubit[2] q;\nry(2*a) q[0];\ncx q[0], q[1];\n'
    return [two, three, json.dumps(Circuit(2).H(0).CX(0, 1).Rz(0.3, 1).to_dict()).encode()]


def descriptions() -> list[bytes]:
    """A circuit with what its author says of it."""
    return [
        b'circuit = "circuit.qasm"\nsites = {O = "O", H = "H"}\nobservables = {E = "Z(q0)"}\nenergy = "E"\n'
        b'angles = {a = "norm(r(O, H))"}\n'
    ]


def of_description(content: bytes, folder: Path) -> object:
    """Read a description that lies beside its circuit."""
    (folder / "circuit.qasm").write_bytes(circuits()[1])
    return by_file(lambda path: import_file(path, {}), "circuit.toml")(content, folder)


def models() -> list[bytes]:
    """A model without the checksum of its arrays, which would end every change at once."""
    with TemporaryDirectory() as name:
        path = Path(name) / "m.safetensors"
        save_model(untrained(qf.resolve_program(PROGRAM), 0), path)
        whole = path.read_bytes()
        arrays, header = read_arrays(path, "model", 1)
        own = {key: text for key, text in header.items() if not key.startswith("qffc_")}
        write_arrays(path, "model", 1, arrays, own)
        bare = path.read_bytes().replace(b"qffc_arrays_sha256", b"qffc_arrays_sha25_")
    return [whole, bare]


def of_verify(content: bytes, folder: Path) -> object:
    """The checker that is independent of qffc; it says what is wrong by its exit code."""
    (folder / "c.json").write_bytes(content)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return verify([str(folder / "c.json")])


READERS: dict[str, Reader] = {
    "program": Reader(by_text(parse_program), programs),
    "value": Reader(by_text(parse_value), values),
    "npz": Reader(of_npz, npz_parts),
    "npz whole": Reader(by_file(lambda path: read_npz(path, "ase"), "data.npz"), whole_npz),
    "xyz": Reader(by_file(read_xyz, "data.xyz"), xyz),
    "run file": Reader(by_file(read_run, "run.toml"), run_files),
    "target": Reader(by_file(target, "target.toml"), targets),
    "certificate": Reader(by_text(Certificate.from_json), certificates),
    "qffc-verify": Reader(of_verify, certificates),
    "compiled program": Reader(by_text(from_json), compiled),
    "circuit": Reader(by_text(lambda text: read_circuit(text, "circuit")), circuits),
    "description": Reader(of_description, descriptions),
    "model": Reader(by_file(load_model, "m.safetensors"), models),
}
