"""The kernel as JAX functions: portable, or the native one behind foreign calls."""
