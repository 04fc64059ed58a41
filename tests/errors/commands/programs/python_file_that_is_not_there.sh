qffc check gone.py:bond
