qffc md trained:water --geometry water --steps 5 --out md --thermostat nose
