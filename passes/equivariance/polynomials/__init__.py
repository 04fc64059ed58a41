"""Values as polynomials in atoms: equal ones, their derivatives along motions, their parity."""
