"""An exported model in the engines that people move molecules with; ``python -m benchmarks.engines``."""
