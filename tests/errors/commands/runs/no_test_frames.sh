qffc eval trained:water --data water.npz --split test
