qffc predict trained:water --geometry notes.txt --out out.xyz
