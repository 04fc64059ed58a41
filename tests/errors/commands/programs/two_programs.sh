qffc check bond.py:bond --program lib:pair
