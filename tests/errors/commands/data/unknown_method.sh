qffc data sample --geometry N2 --method b3lyp --frames 2 --temperature 300 --out n2.npz
