qffc md trained:water --geometry water --steps 5 --out md --target H2-1LE --thermostat bussi
