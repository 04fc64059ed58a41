qffc run trained:water --geometry water --difference --frames 1
