"""Numbers that refute and never prove: random points, before and after a transform, and what is rounding."""
