qffc data info water.npz --keys energies=E,energies=F
