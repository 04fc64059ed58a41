qffc data info water.npz --units rmd18
