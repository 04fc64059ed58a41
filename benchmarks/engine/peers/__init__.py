"""One file for each engine, each imported in an environment of its own."""
