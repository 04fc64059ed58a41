qffc export trained:water --out water.jax --atoms "O H H" --geometry water
