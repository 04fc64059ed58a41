"""Running circuits and turning shots into moments."""
