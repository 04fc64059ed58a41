qffc check done.py:program:depth=2
