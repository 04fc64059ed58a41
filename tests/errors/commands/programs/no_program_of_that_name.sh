qffc check bond.py:bonds
