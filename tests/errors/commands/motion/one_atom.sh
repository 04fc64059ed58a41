qffc md trained:ammonia --geometry atom.xyz --steps 5 --out md
