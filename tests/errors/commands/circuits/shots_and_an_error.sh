qffc run trained:water --geometry water --shots 100 --standard-error 20meV
