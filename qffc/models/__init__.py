"""Models: a program with numbers, its energy function, and its file."""
