qffc data convert water.npz water.csv
