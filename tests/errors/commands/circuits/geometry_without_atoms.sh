qffc run trained:water --geometry empty.xyz
