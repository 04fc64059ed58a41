"""Circuits that are not qffc's, compiled by it and by peers, priced for H2-1.

Four circuits of which single figures are known, and forty of the families that collections of circuits have. Each is a
circuit of pytket with symbols, made a program by the import, compiled, and bound at one generic point with the
measurements of all its settings. pytket-quantinuum is given the bound circuits with the measurements of the settings
that agree qubit by qubit, at levels 0 to 3, told to use TK2 and with its default gate; Qiskit and BQSKit, in
environments of their own in --folder, the same. Every expectation value is held against a dense simulation of the
circuit as it was written: the run ends with 1 where one is wrong.

    python -m benchmarks.circuits --no-peers             the table beside pytket
    python -m benchmarks.circuits --only qft --times     times, on cores without other work
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from benchmarks.circuits import table, times
from benchmarks.circuits.catalogue import sources
from benchmarks.circuits.elsewhere import BQSKIT, QISKIT, Elsewhere
from benchmarks.circuits.source import Source
from benchmarks.circuits.with_qffc import LEVELS
from benchmarks.engine.cells import Unavailable
from benchmarks.engine.environments import python_of

PEERS = {"qiskit": QISKIT, "bqskit": BQSKIT}


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.tables:
        rows = [table.row_from_json(row) for row in json.loads(options.tables.read_text())["rows"]]
        print(*table.lines(rows), sep="\n")
        return 0
    chosen = [source for source in sources() if not options.only or any(part in source.name for part in options.only)]
    if not chosen:
        parser.error(f"no circuit with {' or '.join(options.only)} in its name")
    report: dict[str, object] = {"versions": {name: version(name) for name in ("pytket", "pytket-quantinuum")}}
    if options.times:
        _timed(chosen, options, report)
    wrong = [] if options.times else _compared([source.name for source in chosen], options, report)
    place = options.json or options.folder / ("circuits-times.json" if options.times else "circuits.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(report, indent=1) + "\n")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def _compared(names: Sequence[str], options: argparse.Namespace, report: dict[str, object]) -> list[str]:
    asked = [] if options.no_peers else [PEERS[key] for key in options.peers]
    peers = tuple(peer for peer in asked if _there(peer, options.folder))
    rows = []
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        given = (names, repeat(tuple(options.levels)), repeat(peers), repeat(options.folder.resolve()))
        for row in pool.map(table.row_by_name, *given):
            rows.append(row)
            print(f"\r{len(rows)} of {len(names)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(*table.lines(rows), sep="\n")
    report["rows"] = [row.as_json() for row in rows]
    return [f"WRONG expectation values: {row.name}, {who}" for row in rows for who in row.wrong]


def _there(peer: Elsewhere, folder: Path) -> bool:
    try:
        python_of(peer.requirements, folder.resolve())
    except Unavailable as reason:
        print(f"{peer.name} is left out: {reason}", file=sys.stderr)
        return False
    return True


def _timed(chosen: Sequence[Source], options: argparse.Namespace, report: dict[str, object]) -> None:
    times.warm()
    rows = []
    for source in chosen:
        rows.append(times.times_of(source, options.levels, options.repeats, options.points))
        print(f"\r{len(rows)} of {len(chosen)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(*times.lines(rows, options.levels), sep="\n")
    report["times"] = [asdict(row) for row in rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.circuits", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", nargs="+", default=(), metavar="NAME", help="circuits with one of these in their names")
    add(
        "--levels", nargs="+", type=int, choices=range(4), default=LEVELS, metavar="N", help="of qffc; ratios: the last"
    )
    add("--peers", nargs="+", choices=PEERS, default=tuple(PEERS), metavar="PEER", help=f"{', '.join(PEERS)}")
    add("--no-peers", action="store_true", help="pytket alone")
    add("--jobs", type=int, default=2, help="processes (default: %(default)d)")
    add("--times", action="store_true", help="of compiling and binding, in the place of the table")
    add("--repeats", type=int, default=5, help="of each time (default: %(default)d)")
    add("--points", type=int, default=1000, help="that are bound (default: %(default)d)")
    add("--folder", type=Path, default=Path(".bench"), help="of environments (default: %(default)s)")
    add("--tables", type=Path, metavar="FILE", help="print the table of such results, compile nothing")
    add("--json", type=Path, metavar="FILE", help="of results (default: circuits.json in --folder)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
