"""The proof of the declared symmetries, operation by operation, or a counterexample; certificates."""
