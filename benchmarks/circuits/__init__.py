"""Circuits that are not qffc's, compiled by it and by peers for one device: `python -m benchmarks.circuits --help`."""
