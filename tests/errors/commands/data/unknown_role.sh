qffc data info water.npz --keys energy=energies
