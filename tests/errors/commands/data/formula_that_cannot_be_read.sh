qffc data info water.npz:h2o
