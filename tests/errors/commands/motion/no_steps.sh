qffc md trained:water --geometry water --steps 0 --out md
