qffc eval trained:water --data alone.xyz --max-force-mae 10
