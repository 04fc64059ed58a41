qffc train bond.py:bond --data water.npz --out ""
