qffc check stops.py:bond
