qffc energy trained:water --geometry water --params nothing.json
