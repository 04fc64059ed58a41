"""What is read from the sources of passes is what importing them gives."""

import subprocess
import sys
from dataclasses import MISSING, fields

from qffc.passes.descriptions import describe_passes
from qffc.passes.registry import built_in_names, load_pass


def spelt(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) or default is None else str(default)


def test_descriptions_are_those_of_the_classes() -> None:
    found = describe_passes()
    assert tuple(each.name for each in found) == built_in_names()
    for each in found:
        kind = load_pass(each.name)
        assert each.about == (kind.__doc__ or "").strip().splitlines()[0]
        assert each.preserves == kind.preserves
        own = [field for field in fields(kind) if field.init]  # type: ignore[arg-type]  # passes are dataclasses
        assert [name for name, _ in each.options] == [field.name.replace("_", "-") for field in own]
        assert all(
            field.default is MISSING or text == spelt(field.default)
            for field, (_, text) in zip(own, each.options, strict=True)
        )


def test_listing_passes_loads_neither_jax_nor_pytket() -> None:
    code = "import sys; from qffc.cli import run; run(['passes']); assert not {'jax', 'pytket'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
