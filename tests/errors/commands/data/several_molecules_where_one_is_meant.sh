qffc eval trained:water --data both.xyz
