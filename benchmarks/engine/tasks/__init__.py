"""What a cell repeats, one file for each kind of task."""
