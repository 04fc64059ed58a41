qffc data info water.npz --keys energies
