"""Any ASE calculator put to the test: symmetries, derivatives, smoothness, and what it does where data end."""
