"""What is used of hypothesis, or how to get it."""

try:
    from hypothesis import HealthCheck, assume, given, note, reject, settings
    from hypothesis import strategies as st
except ImportError as problem:
    raise ImportError("qffc.testing needs hypothesis; install it with: pip install 'qffc[testing]'") from problem

__all__ = ["HealthCheck", "assume", "given", "note", "reject", "settings", "st"]
