"""The text format: its grammar, and the parsers that build programs, observables and values from it."""
