qffc data convert water.npz water.npz
