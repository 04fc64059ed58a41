"""Circuits of single frames, frames joined into one molecule, and the few sizes to which arrays are filled up."""
