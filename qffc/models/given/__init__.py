"""Atoms as callers give them, and what is refused by name before anything is computed."""
