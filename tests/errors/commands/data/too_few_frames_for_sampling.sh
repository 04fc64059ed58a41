qffc data sample --geometry N2 --method ase.calculators.emt:EMT --frames 0 --temperature 300 --out n2.npz
