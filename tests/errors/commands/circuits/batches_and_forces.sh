qffc run trained:water --geometry water --batches 2 --forces
