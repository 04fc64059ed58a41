"""Targets: what comes with qffc, and what users describe in a file."""
