"""Numbers before training: fresh parameters, spreads of features, energies of free atoms."""
