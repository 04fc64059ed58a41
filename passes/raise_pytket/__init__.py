"""Circuits of other packages, as pytket holds them, to operations of the IR: the way back from ``lower_pytket``."""
