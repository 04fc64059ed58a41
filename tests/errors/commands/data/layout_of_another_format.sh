qffc data convert water.npz out.xyz --layout sgdml
