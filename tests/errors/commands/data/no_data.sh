qffc train bond.py:bond --data ethanol.xyz
