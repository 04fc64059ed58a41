qffc energy trained:water --geometry notes.txt
