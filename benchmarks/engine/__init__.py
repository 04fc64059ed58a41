"""Speed of the kernels of qffc beside other simulators of circuits: `python -m benchmarks.engine --help`."""
