"""What compiling gives: levels of optimization, the compiled program, and its file."""
