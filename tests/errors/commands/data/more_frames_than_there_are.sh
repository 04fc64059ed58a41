qffc data split water.npz --train 10 --out parts
