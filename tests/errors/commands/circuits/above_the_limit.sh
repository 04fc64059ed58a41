qffc run trained:water --geometry water --shots 1000 --max-hqc 5
