qffc data convert water.npz out.npz --layout md17
