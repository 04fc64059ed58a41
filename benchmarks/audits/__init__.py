"""Calculators of other packages, audited."""
