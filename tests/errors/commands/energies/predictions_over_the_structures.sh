qffc predict trained:water --geometry water.xyz --out water.xyz
