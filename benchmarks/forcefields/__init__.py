"""The experiments behind the figures of force fields: `python -m benchmarks.forcefields --help`."""
