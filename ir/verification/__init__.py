"""What makes a program valid: one file for each part of it; an invalid program cannot exist."""
