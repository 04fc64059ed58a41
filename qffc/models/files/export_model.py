"""A model of one molecule as one function of JAX in a file, for programs that have no qffc.

The function is what ``jax.export`` makes of energies and forces by the portable kernel: StableHLO, for every device of
JAX and any number of frames. The file is an archive (ZIP) of that, a header in JSON and the loader.
"""

from __future__ import annotations

import json
import zipfile
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp

from qffc.atomic_files import atomic_path
from qffc.ir.elements import SYMBOLS
from qffc.models.files import load_exported
from qffc.models.files.model_given import ModelLike, model_of
from qffc.models.given.atoms_given import Elements, elements_of
from qffc.passes.lower_jax.double_precision import in_double_precision

PLATFORMS = ("cpu", "cuda", "rocm", "tpu")
"""The devices that the function is made for."""


@in_double_precision
def export_model(model: ModelLike, numbers: Elements, path: str | Path) -> None:
    """Write energies and forces of a molecule as a function that JAX runs without qffc.

    :mod:`qffc.models.files.load_exported` reads it: 20 lines that need JAX alone, and that lie in the file, too.

    Args:
        model: a trained model, its file, the folder of its run, or ``trained:NAME``.
        numbers: (atoms,) atomic numbers, or symbols of the elements.
        path: the file to write.

    Raises:
        QffcError: when the molecule does not fit the model.
        OSError: when the file cannot be written.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from qffc.library import load
        >>> from qffc.models.files.load_exported import load_exported
        >>> from qffc.models.force_field import untrained
        >>> model = untrained(load("pair", channels=1, depth=1), seed=0)
        >>> with TemporaryDirectory() as folder, jax.enable_x64(True):
        ...     export_model(model, ["O", "H", "H"], Path(folder) / "water.zip")
        ...     header, function = load_exported(Path(folder) / "water.zip")
        ...     energies, forces = function([[[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]])
        >>> header["symbols"], energies.shape, forces.shape
        (['O', 'H', 'H'], (1,), (1, 3, 3))
    """
    trained, atomic = model_of(model), elements_of(numbers)
    energy = trained.energy_fn(atomic, kernel="portable")

    def of_one(positions: jax.Array) -> tuple[jax.Array, jax.Array]:
        value, gradient = jax.value_and_grad(lambda r: energy({}, r))(positions)
        return value, -gradient

    (frames,) = jax.export.symbolic_shape("frames")
    shape = jax.ShapeDtypeStruct((frames, len(atomic), 3), jnp.float64)  # type: ignore[no-untyped-call]
    exported = jax.export.export(jax.jit(jax.vmap(of_one)), platforms=PLATFORMS)(shape)
    header = {
        "format": "qffc exported model 1",
        "numbers": [int(number) for number in atomic],
        "symbols": [SYMBOLS[number - 1] for number in atomic],
        "dtype": "float64",
        "units": {"positions": "Angstrom", "energies": "eV", "forces": "eV/Angstrom"},
        "platforms": list(PLATFORMS),
        "program": trained.program.name,
        "digest": trained.program.digest,
        "data": trained.metadata.get("data_name"),
        "versions": {name: version(name) for name in ("qffc", "jax")},
    }
    contents: dict[str, bytes] = {
        "header.json": (json.dumps(header, indent=1) + "\n").encode(),
        "energies_and_forces.jax": bytes(exported.serialize(vjp_order=1)),
        "load_exported.py": Path(load_exported.__file__).read_bytes(),
    }
    with atomic_path(Path(path)) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in contents.items():
            file.writestr(name, content)
