"""The trained models that come with qffc, each with its card."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from qffc.ir.diagnostics import error, quoted

TRAINED_PREFIX = "trained:"
"""What a name of a trained model begins with."""

_FOLDER = Path(str(resources.files("qffc.models.files").joinpath("trained")))


def trained_models() -> dict[str, str]:
    """Return the names of the trained models, each with the first sentence of its card.

    Example:
        >>> "water" in trained_models()
        True
    """
    return {file.stem: _about(file) for file in sorted(_FOLDER.glob("*.md"), key=lambda card: card.stem)}


def trained_file(name: str) -> Path:
    """Return the file of a trained model.

    Args:
        name: its name, with or without ``trained:`` before it.

    Raises:
        QffcError: when no trained model has that name.

    Example:
        >>> trained_file("trained:water").name
        'water.safetensors'
    """
    bare = name.removeprefix(TRAINED_PREFIX)
    known = trained_models()
    if bare not in known:
        raise error(
            "no such trained model",
            found=f"'{name}'",
            expected=f"one of {quoted(TRAINED_PREFIX + other for other in known)}",
            help="'qffc list' names them; 'qffc train' makes your own",
        )
    return _FOLDER / f"{bare}.safetensors"


def _about(card: Path) -> str:
    """The first line of the text of a card, after its title."""
    lines = [line for line in card.read_text(encoding="utf-8").splitlines() if line]
    return lines[1]
