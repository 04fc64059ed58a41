"""What qffc makes of power cuts, damaged files and full disks."""
