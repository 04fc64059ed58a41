"""Training on energies and forces: configuration, loop, checkpoints and log."""
