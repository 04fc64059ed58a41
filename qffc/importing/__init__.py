"""Circuits that were not written in qffc: what their author says of them, and the program that this makes."""
