"""Compilers in environments of their own: each file is run by itself, and imports nothing of this tree."""
