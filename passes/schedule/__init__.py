"""Layers of commuting operations, of least depth."""
