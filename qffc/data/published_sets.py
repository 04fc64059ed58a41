"""Data sets that others have published: downloaded, and taken only where the bytes are those that were published."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from qffc.atomic_files import atomic_path
from qffc.data.conversion import Written, write_data
from qffc.data.dataset import Dataset
from qffc.data.extras import need_package
from qffc.data.source import Source
from qffc.data.split import PublishedSplit
from qffc.ir.diagnostics import QffcError, error, quoted
from qffc.ir.telling import tell
from qffc.units import PRESETS

RMD17_MOLECULES = (
    "aspirin", "azobenzene", "benzene", "ethanol", "malonaldehyde",
    "naphthalene", "paracetamol", "salicylic", "toluene", "uracil",
)  # fmt: skip
_SPLITS = 5
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Archive:
    """Where a set is, and by what it is known.

    Args:
        url: of the file.
        sha256: of its bytes, 64 hexadecimal digits.
        size: in bytes; 0 where it is not known.
        about: who published it, and under which licence.
    """

    url: str
    sha256: str
    size: int = 0
    about: str = ""


ARCHIVES = {
    "rmd17": Archive(
        url="https://figshare.com/ndownloader/files/23950376",
        sha256="cddeea2ec2c4b22a9de16a9a65a3eeedac5b29da9c99c20bbff0153912bf922b",
        size=1_066_301_513,
        about="revised MD17, A. Christensen and O. A. von Lilienfeld, doi:10.6084/m9.figshare.12672038.v3, CC0",
    )
}
"""The sets that are known; the checksum is that of the published file, which its publisher and others state alike."""


def fetch_archive(archive: Archive, cache: Path) -> Path:
    """Return the file of an archive, downloaded where it is not there yet.

    Args:
        archive: what is wanted.
        cache: a folder, where it is kept under its checksum.

    Raises:
        QffcError: the extra ``fetch`` is not installed, the download fails, or its bytes are others.
    """
    file = cache / f"{archive.sha256[:16]}-archive"
    if file.is_file() and _checksum(file) == archive.sha256:
        return file
    pooch = need_package("pooch", "fetch", "downloads of published data")
    with atomic_path(file) as temporary:
        try:
            pooch.HTTPDownloader(progressbar=_Told(archive.size), chunk_size=1 << 16, timeout=60)(
                archive.url, str(temporary), None
            )
        except (OSError, ValueError) as mistake:  # those of requests are OSErrors
            raise error(
                "download that failed",
                where=archive.url,
                found=f"{type(mistake).__name__}: {mistake}",
                expected=f"a file of {archive.size:,} bytes" if archive.size else "a file",
                help="is there a network? fetch the file by other means, and name its folder with --cache: "
                f"it is known there as {file.name}",
            ) from None
        found = _checksum(temporary)
        if found != archive.sha256:
            raise error(
                "download with other bytes than were published",
                where=archive.url,
                found=f"SHA-256 {found}, {temporary.stat().st_size:,} bytes",
                expected=f"SHA-256 {archive.sha256}" + (f", {archive.size:,} bytes" if archive.size else ""),
                help="try again: it was cut short, damaged, or replaced; nothing of it was kept",
            )
    tell("")
    return file


def check_rmd17_molecules(molecules: Sequence[str]) -> None:
    """Refuse molecules that rMD17 does not have, before gigabytes are fetched for them.

    Raises:
        QffcError: there is such a one.

    Example:
        >>> check_rmd17_molecules(["ethanol"])
    """
    unknown = [name for name in molecules if name not in RMD17_MOLECULES]
    if unknown:
        raise error(
            "no such molecule in rMD17",
            found=quoted(unknown),
            expected=f"one of {quoted(RMD17_MOLECULES)}",
            help="name some of them, or none for all",
        )


def write_rmd17(file: Path, molecules: Sequence[str], folder: Path) -> list[Written]:
    """Write molecules of the archive of rMD17 as npz files of qffc, with their five published splits.

    Args:
        file: ``rmd17.tar.bz2``.
        molecules: some of :data:`RMD17_MOLECULES`.
        folder: for ``rmd17_ethanol.npz`` and so on.

    Raises:
        QffcError: there is no such molecule, or a member of the archive is missing or damaged.
    """
    check_rmd17_molecules(molecules)
    wanted = {f"rmd17/npz_data/rmd17_{name}.npz": name for name in molecules}
    rows: dict[str, tuple[int, ...]] = {}
    arrays: dict[str, dict[str, NDArray[np.generic]]] = {}
    try:
        with tarfile.open(file, "r:*") as archive:
            for number, member in enumerate(archive):
                tell(f"unpacking: {member.name}", number)
                inside = archive.extractfile(member)
                name = member.name.removeprefix("./")
                if inside is not None and name.startswith("rmd17/splits/index_"):
                    rows[Path(name).stem] = tuple(int(line) for line in inside.read().split())
                elif inside is not None and name in wanted:
                    arrays[wanted[name]] = _arrays(inside)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as mistake:
        raise _damaged(file, f"{type(mistake).__name__}: {mistake}") from None
    missing = [name for name in molecules if name not in arrays]
    if missing:
        raise _damaged(file, f"no arrays of {quoted(missing)}")
    splits = _splits(rows)
    written = []
    for name in molecules:
        tell(f"writing: {name}")
        written.append(write_data([_dataset(file, name, arrays.pop(name), splits)], folder / f"rmd17_{name}.npz"))
    tell("")
    return written


def default_cache() -> Path:
    """Return the folder where downloads are kept: ``$XDG_CACHE_HOME/qffc/data``, in ``~/.cache`` by default."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qffc" / "data"


class _Told:
    """What pooch takes for a progress bar."""

    def __init__(self, total: int) -> None:
        self.total, self._done = total, 0

    def update(self, count: int) -> None:
        self._done += count
        tell("downloading, MB:", self._done // _BLOCK, self.total // _BLOCK or None)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        tell("")


def _checksum(file: Path) -> str:
    import hashlib

    digest, size = hashlib.sha256(), file.stat().st_size
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            tell("checking, MB:", stream.tell() // _BLOCK, size // _BLOCK)
    return digest.hexdigest()


def _arrays(inside: IO[bytes]) -> dict[str, NDArray[np.generic]]:
    with np.load(BytesIO(inside.read()), allow_pickle=False) as archive:
        return {key: archive[key] for key in ("nuclear_charges", "coords", "energies", "forces")}


def _splits(rows: dict[str, tuple[int, ...]]) -> tuple[PublishedSplit, ...]:
    names = [(f"index_train_{number:02d}", f"index_test_{number:02d}") for number in range(1, _SPLITS + 1)]
    return tuple(PublishedSplit(rows[train], rows[test]) for train, test in names if train in rows and test in rows)


def _dataset(
    file: Path, name: str, arrays: dict[str, NDArray[np.generic]], splits: tuple[PublishedSplit, ...]
) -> Dataset:
    roles = {"numbers": "nuclear_charges", "positions": "coords", "energies": "energies", "forces": "forces"}
    by_role = {role: arrays[key] for role, key in roles.items()}
    return Source(file, roles, by_role, PRESETS["rmd17"], f"rmd17_{name}", splits).dataset()


def _damaged(file: Path, found: str) -> QffcError:
    return error(
        "archive that cannot be read",
        where=str(file),
        found=found,
        expected="rmd17.tar.bz2 as it was published, with rmd17/npz_data and rmd17/splits",
        help="remove the file, and fetch it again",
    )
