"""Compiled functions kept on disk, so that a model that was used before starts without tracing and compiling again.

A function is kept as what ``jax.export`` makes of it, next to XLA's own cache of compiled code. Its name holds all that
it depends on: the program, shapes and types, the version of JAX, and the code of qffc byte by byte, kernel included.
What cannot be read is made anew.

The folder is ``$QFFC_CACHE``, or ``qffc`` in ``$XDG_CACHE_HOME`` or ``~/.cache``; ``QFFC_CACHE=off`` keeps nothing.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any

import jax
import numpy as np
from jax import export
from jax.experimental.compilation_cache.compilation_cache import reset_cache

import qffc.ir
import qffc.models
import qffc.passes
from qffc.atomic_files import atomic_path
from qffc.passes.lower_jax.kernel import KERNEL_VARIABLE
from qffc.passes.lower_jax.native_calls import INSTRUCTIONS_VARIABLE, register_native
from qffc.passes.native_library import CALLS, LIBRARY, native_state

CACHE_VARIABLE = "QFFC_CACHE"
"""The environment variable that names the folder, or says ``off``."""

_one_at_a_time = Lock()
"""Held while XLA's cache is lent a folder: JAX knows one place for all threads."""


def cache_folder() -> Path | None:
    """Return the folder of kept functions, or None when nothing is to be kept."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qffc"


def kept_function(
    function: Callable[..., Any], arguments: Sequence[Any], identity: Sequence[str]
) -> Callable[..., Any]:
    """Return a compiled function, from disk when it was kept there.

    Args:
        function: pure, from trees of arrays to plain containers of arrays; what it closes over must be named by
            ``identity``.
        arguments: trees that it will be called with first. It is called once, so that it is compiled when this returns.
        identity: what the function depends on besides its arguments.

    Returns:
        The function, for arguments of these shapes and types. It takes the leaves of the trees, one after another:
        JAX would take trees of other classes than its own apart by Python, at every call.

    Example:
        >>> import jax.numpy as jnp
        >>> double = kept_function(lambda x: 2 * x, [jnp.ones(3)], ["an example"])
        >>> double(jnp.arange(3.0)).tolist()
        [0.0, 2.0, 4.0]
    """
    folder = cache_folder()
    leaves, tree = jax.tree.flatten(tuple(arguments))
    # Trees of other classes than JAX's own cannot be written, either.
    flat = jax.jit(lambda *given: function(*jax.tree.unflatten(tree, given)))
    if folder is None or jax.default_backend() != "cpu":
        flat(*leaves)
        return flat
    shapes = [_shape(leaf) for leaf in leaves]
    path = folder / f"{_digest([*identity, str(tree)], shapes)}.jax"
    if native_state().available:
        register_native()
    exported = _read(path)
    if exported is None:
        allowed = [export.DisabledSafetyCheck.custom_call(name) for name in CALLS]
        exported = export.export(flat, platforms=("cpu",), disabled_checks=allowed)(*shapes)
        _write(path, bytes(exported.serialize()))
    kept = jax.jit(exported.call)
    with _one_at_a_time, _compiled_code_kept(folder):
        kept(*leaves)
    return kept


def _shape(array: jax.Array | np.ndarray) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(np.shape(array), jax.dtypes.canonicalize_dtype(array.dtype))  # type: ignore[no-untyped-call]  # of JAX


def _read(path: Path) -> export.Exported | None:
    try:
        return export.deserialize(bytearray(path.read_bytes()))
    except Exception:  # whatever is wrong with a kept file, the function can be made again
        return None


def _write(path: Path, content: bytes) -> None:
    try:
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
    except OSError:
        return  # a full or read-only disk costs time at the next start, not this result


def surroundings() -> tuple[str, ...]:
    """Return what a compiled function depends on beside program, arguments and code: the kernel, there or chosen."""
    chosen = (os.environ.get(name, "") for name in (KERNEL_VARIABLE, INSTRUCTIONS_VARIABLE))
    return (str(native_state().available), *chosen)


def _digest(identity: Sequence[str], shapes: object) -> str:
    parts = [*identity, str(shapes), jax.__version__, _code_digest(), *surroundings()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


_LOADER = b" cpu_aot_loader.cc:"
"""What its lines have that the loader of compiled code writes."""


@cache
def _code_digest() -> str:
    """The code that functions are made of, so that a change of it makes them anew; some milliseconds."""
    code = hashlib.sha256()
    for package in (qffc.models, qffc.passes, qffc.ir):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            code.update(path.read_bytes())
    if native_state().available:
        code.update(LIBRARY.read_bytes())
    return code.hexdigest()


@contextmanager
def _compiled_code_kept(folder: Path) -> Iterator[None]:
    """XLA's own cache for what is compiled here, unless the user has chosen one for everything.

    One for each kind of processor, since it is machine code. Other functions of the process stay out of it: they are
    the user's, and XLA talks whenever it loads one.
    """
    if jax.config.jax_compilation_cache_dir is not None:  # type: ignore[attr-defined]  # of JAX, made at run time
        yield
        return
    _choose_cache(str(folder / f"xla-{_processor()}"))
    try:
        with _loader_hushed():
            yield
    finally:
        _choose_cache(None)


@contextmanager
def _loader_hushed() -> Iterator[None]:
    """Leave out of stderr what XLA's loader says of code that the same processor has compiled.

    XLA notes how it tunes code as features of the processor, does not find them there, and warns that the code may
    crash (jaxlib 0.10.1; nothing is wrong). Its level of talk is read once, before this can set it.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") >= "3":
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with TemporaryFile() as talk:
        os.dup2(talk.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            talk.seek(0)
            os.write(2, b"".join(line for line in talk if _LOADER not in line))


def _choose_cache(place: str | None) -> None:
    jax.config.update("jax_compilation_cache_dir", place)  # type: ignore[no-untyped-call]  # of JAX
    reset_cache()  # JAX asks for the place once, unless told to ask again


@cache
def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    features = next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
    return hashlib.sha256(f"{platform.machine()} {features}".encode()).hexdigest()[:12]
