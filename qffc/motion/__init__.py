"""What moves molecules by exact forces: dynamics that go on after a kill, relaxations, harmonic vibrations."""
