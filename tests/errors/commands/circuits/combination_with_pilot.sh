qffc run trained:water --geometry water --batches 2 --pilot 10
