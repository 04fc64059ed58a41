qffc data info water.npz --keys energies=E_dft
