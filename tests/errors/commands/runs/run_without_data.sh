qffc train bond.py:bond
