qffc data info water.npz --units rmd17
