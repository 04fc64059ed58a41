qffc run trained:water --geometry water --shots 1
