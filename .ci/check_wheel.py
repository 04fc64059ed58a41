"""Check that a wheel holds exactly the packages of the tree, with every source and data file in them."""

import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {"qffc": "qffc", "ir": "qffc/ir", "passes": "qffc/passes"}
BUILT = {"qffc/passes/_native.so"}
"""What the build adds."""


def tree_files() -> set[str]:
    """Tracked files of the three rooms, under the names that they have once installed."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *ROOMS], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    names = set()
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_symlink():
            continue
        room, *rest = PurePosixPath(name).parts
        names.add(str(PurePosixPath(ROOMS[room], *rest)))
    return names


def wheel_files(wheel: Path) -> set[str]:
    """Files of the wheel outside its metadata."""
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def main() -> int:
    """Compare the two and say what differs."""
    tree, wheel = tree_files() | BUILT, wheel_files(Path(sys.argv[1]))
    for name in sorted(tree - wheel):
        print(f"in the tree, not in the wheel: {name} (see [tool.setuptools] in pyproject.toml)")
    for name in sorted(wheel - tree):
        print(f"in the wheel, not in the tree: {name}")
    if tree != wheel:
        return 1
    packages = sum(name.endswith("/__init__.py") for name in wheel)
    print(f"the wheel holds the tree: {len(wheel)} files in {packages} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
