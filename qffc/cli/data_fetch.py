"""The verb ``data fetch``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qffc.cli.output import AsJson, emit, say
from qffc.ir.diagnostics import error, quoted

if TYPE_CHECKING:
    from qffc.data.published_sets import Archive


def fetch(
    name: Annotated[str, typer.Argument(help="rmd17")],
    molecules: Annotated[list[str] | None, typer.Argument(help="such as ethanol; all without one")] = None,
    out: Annotated[Path, typer.Option(help="a folder for the data files")] = Path(),
    cache: Annotated[
        Path | None, typer.Option(help="a folder that keeps what was downloaded [default: ~/.cache/qffc/data]")
    ] = None,
    registry: Annotated[
        Path | None, typer.Option(help="a TOML file with [NAME], url and sha256: another place of the same archive")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Download published data, check that their bytes are those that were published, write them with their splits."""
    from qffc.data.published_sets import (
        ARCHIVES,
        RMD17_MOLECULES,
        check_rmd17_molecules,
        default_cache,
        fetch_archive,
        write_rmd17,
    )

    known = ARCHIVES if registry is None else ARCHIVES | _registry(registry)
    if name not in ARCHIVES:
        raise error(
            "no such published data",
            found=f"'{name}'",
            expected=f"one of {quoted(ARCHIVES)}",
            help="download other data yourself; 'qffc data info FILE' says whether they can be read as they are",
        )
    check_rmd17_molecules(molecules or ())
    archive = known[name]
    if archive.about:
        say(f"{archive.about}; {archive.size / 1e6:.0f} MB")
    file = fetch_archive(archive, cache or default_cache())
    written = write_rmd17(file, molecules or RMD17_MOLECULES, out)
    lines = [
        f"{each.path}: {data.formula}, {len(data)} frames, {len(data.published)} published splits, "
        f"fingerprint {data.fingerprint[:16]}"
        for each in written
        for data in each.sets
    ]
    entry = {
        "archive": str(file),
        "sha256": archive.sha256,
        "files": [
            {"file": str(each.path), "formula": data.formula, "frames": len(data), "fingerprint": data.fingerprint}
            for each in written
            for data in each.sets
        ],
    }
    emit("\n".join(lines), entry, as_json)


def _registry(file: Path) -> dict[str, Archive]:
    import re
    import tomllib

    from qffc.data.published_sets import Archive

    expected = "a table for each set, such as [rmd17], with url and sha256 (64 hexadecimal digits)"
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        found = {name: Archive(str(table["url"]), str(table["sha256"]).lower()) for name, table in tables.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as mistake:
        raise error(
            "registry that cannot be read",
            where=str(file),
            found=f"{type(mistake).__name__}: {mistake}",
            expected=expected,
            help="correct the file",
        ) from None
    for name, archive in found.items():
        if not re.fullmatch("[0-9a-f]{64}", archive.sha256) or not archive.url.startswith(("http://", "https://")):
            raise error(
                "registry that cannot be read",
                where=f"{file}, [{name}]",
                found=f"url {archive.url!r}, sha256 {archive.sha256!r}",
                expected=f"{expected}; an url of http or https",
                help="correct the entry",
            )
    return found
