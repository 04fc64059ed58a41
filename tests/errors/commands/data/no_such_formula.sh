qffc data info water.npz:CH4
