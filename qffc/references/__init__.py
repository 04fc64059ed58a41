"""What names a program or data, as the command line and the toolchain take it."""
