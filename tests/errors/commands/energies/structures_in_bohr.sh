qffc predict trained:water --geometry bohr.xyz --out out.xyz
