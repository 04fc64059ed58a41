qffc predict trained:water --geometry water.npz --out out.csv
