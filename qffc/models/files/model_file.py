"""Models on disk: the program as text, its arrays, units, data fingerprint and versions."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qffc.ir.diagnostics import Diagnostic, QffcWarning, error, quoted
from qffc.ir.given_values import not_a, path_of
from qffc.ir.program import Program
from qffc.ir.text.parser import parse_program
from qffc.models.files.array_file import header_entries, header_text, kind_of, read_arrays, write_arrays
from qffc.models.files.trained import TRAINED_PREFIX, trained_file
from qffc.models.files.unfinished import CHECKPOINT_KIND, CHECKPOINT_NAME, unfinished_model
from qffc.models.force_field import ForceField
from qffc.passes.equivariance.certificates.certificate import Certificate
from qffc.passes.lower_jax.program import Lowering, lower_jax
from qffc.passes.noisy.make import PREFIX, NoisyLowering

MODEL_NAME = "model.safetensors"
UNPROVEN = "unproven"
"""The key of the metadata that says: trained although a declared symmetry is not proven, as the user asked."""
REFERENCE = "reference"
"""The key of the metadata with the words that named a library program when the model was trained."""
ATOM_ENERGIES = "atom_energies"
"""The key of the metadata with the energies of free atoms that it was trained with, ELEMENT=eV,..."""
STARTED_FROM = "started_from"
"""The key of the metadata that says which model it was trained on from."""
KERNEL = "kernel"
"""The key of the metadata that names the kernel of a model that was trained with other functions than circuits."""
_KIND, _VERSION = "model", 1
_UNITS = {"energy": "eV", "length": "Angstrom"}


def save_model(model: ForceField, path: str | Path) -> None:
    """Write a model to one file, whole or not at all.

    Args:
        model: the model.
        path: the file, ``.safetensors`` by custom; or a folder, where it takes the name that a run gives it.

    Raises:
        QffcError: when these are no model and no place for it.
    """
    if not isinstance(model, ForceField):
        raise not_a("a model", model, "a ForceField, then the place of its file", "save_model(model, path)")
    place = path_of("the model", path)
    file = place / MODEL_NAME if place.is_dir() else place
    header = {
        "program": model.program.text,
        "digest": model.program.digest,
        "units": json.dumps(_UNITS),
        "metadata": json.dumps(dict(model.metadata), sort_keys=True),
    }
    arrays = {name: _narrowest(np.asarray(value, np.float64)) for name, value in model.arrays.items()}
    write_arrays(file, _KIND, _VERSION, arrays, header)


def load_model(path: str | Path, lowerings: Mapping[str, Lowering] | None = None) -> ForceField:
    """Read a model from its file, from the folder of the training run that made it, or one that comes with qffc.

    Args:
        path: the file or the folder, or ``trained:NAME``. A run that was stopped has a checkpoint, whose model is taken
            where the folder has no other; :func:`qffc.training.stopping.is_paused` tells.
        lowerings: by the name of its kernel, what makes the functions of a model that was trained without circuits.

    Raises:
        QffcError: when the file is missing, damaged, not a model, or its program does not match its digest or the
            certificate that it was trained with; or when this certificate was changed, or does not hold and the model
            does not say that it was trained all the same. The proofs themselves are not made again: ``qffc check``
            does that. When the model was trained with a kernel that ``lowerings`` does not name.

    Warns:
        QffcWarning: when the program declares symmetries and the model has no certificate of them: it was made without
            ``qffc train``, or changed. Functions in the place of circuits need none.
    """
    place = path_of("a model", path)
    place = trained_file(str(path)) if str(path).startswith(TRAINED_PREFIX) else place
    file = _file_of(place) if place.is_dir() else place
    if kind_of(file) == CHECKPOINT_KIND:
        stored, header = unfinished_model(file)
        header["units"] = json.dumps(_UNITS)
    else:
        stored, header = read_arrays(file, _KIND, _VERSION)
    arrays = {name: np.asarray(value, np.float64) for name, value in stored.items()}
    program = parse_program(header_text(file, _KIND, header, "program"), file=f"{file}[program]")
    digest, units = header_text(file, _KIND, header, "digest"), header_entries(file, _KIND, header, "units")
    if program.digest != digest or units != _UNITS:
        raise error(
            "model that does not match itself",
            found=f"'{file}': program digest {program.digest[:12]}, units {json.dumps(units)}",
            expected=f"digest {digest[:12]}, units {json.dumps(_UNITS)}",
            help="the file was changed by hand, or by another version: train again or use a copy",
        )
    metadata = {key: str(text) for key, text in header_entries(file, _KIND, header, "metadata").items()}
    if "certificate" in metadata:
        _check_certificate(file, program, Certificate.from_json(metadata["certificate"]), UNPROVEN in metadata)
    elif program.declared and KERNEL not in metadata:
        warnings.warn(QffcWarning(_no_certificate(file, program)), stacklevel=2)
    return ForceField(program, arrays, metadata, _lowering(file, metadata.get(KERNEL), lowerings or {}))


def _file_of(folder: Path) -> Path:
    """The model of a run; its checkpoint while there is none."""
    model, checkpoint = folder / MODEL_NAME, folder / CHECKPOINT_NAME
    return checkpoint if checkpoint.is_file() and not model.is_file() else model


def _narrowest(value: NDArray[np.float64]) -> NDArray[np.floating]:
    """The same numbers in 32 bits where these hold them: what was trained in 32 bits takes half the room."""
    narrow = value.astype(np.float32)
    return narrow if np.array_equal(narrow, value) else value


def _lowering(file: Path, kernel: str | None, known: Mapping[str, Lowering]) -> Lowering:
    if kernel is None:
        return lower_jax
    if kernel in known:
        return known[kernel]
    if kernel.startswith(PREFIX):
        return NoisyLowering.of_name(kernel)
    raise error(
        "model without circuits",
        found=f"'{file}': trained with the kernel '{kernel}' in place of the circuits of its program",
        expected=f"a model of circuits, or of {quoted(known)}" if known else "a model of circuits",
        help="load it where that kernel is known: load_model(path, lowerings={'KERNEL': ...})",
    )


def _no_certificate(file: Path, program: Program) -> Diagnostic:
    return Diagnostic(
        title="model without a certificate",
        found=f"'{file}': program '{program.name}' declares {', '.join(program.declared)}, which nothing here proves",
        expected="a certificate, which 'qffc train' writes into a model",
        help="'qffc check' proves or refutes what it declares; was the file changed since it was trained?",
    )


def _check_certificate(file: Path, program: Program, certificate: Certificate, unproven: bool) -> None:
    if certificate.digest != program.digest:
        raise error(
            "model with the certificate of another program",
            found=f"'{file}': program '{program.name}', digest {program.digest}",
            expected=f"the program of its certificate: '{certificate.program}', digest {certificate.digest}",
            help="the file was changed by hand, or by another version: train again or use a copy",
        )
    # Models of schema 1 were trained before the key was written.
    if not (certificate.holds or unproven or certificate.origin is None):
        raise error(
            "model whose declared symmetry is not proven",
            found=f"'{file}': its certificate does not hold, and it does not say '{UNPROVEN}'",
            expected="a certificate that holds, or a model that was trained with --unproven",
            help="the file was changed by hand: train again or use a copy",
        )
