qffc diagnose bond.qffc:depth=1..3
