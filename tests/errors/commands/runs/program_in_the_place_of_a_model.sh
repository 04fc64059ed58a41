qffc run bond.qffc --geometry water.xyz --shots 5
