"""The kernel with the noise of a device: what the circuits that a device runs give with infinitely many shots."""
