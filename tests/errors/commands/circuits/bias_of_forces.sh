qffc run trained:water --geometry water --debias --forces
