qffc data sample --geometry N2 --method ase.calculators.emt:EMT --frames 2 --temperature 300 --way walk --out n2.npz
