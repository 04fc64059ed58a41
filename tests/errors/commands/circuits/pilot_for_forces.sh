qffc run trained:water --geometry water --forces --pilot 10
