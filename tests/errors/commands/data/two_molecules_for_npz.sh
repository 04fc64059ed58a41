qffc data convert water ammonia both.npz
