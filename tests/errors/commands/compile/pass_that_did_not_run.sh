qffc compile lib:sivqlm-lih --print-after lower-jax
