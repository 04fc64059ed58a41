qffc export trained:water --out water.jax
