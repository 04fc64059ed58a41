"""Programs that come with qffc, each written in the authoring layer."""

from qffc.library.catalogue import load, load_reference, programs

__all__ = ["load", "load_reference", "programs"]
