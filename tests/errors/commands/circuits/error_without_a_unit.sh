qffc run trained:water --geometry water --standard-error 20
