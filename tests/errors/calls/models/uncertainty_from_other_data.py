import qffc as qf

qf.with_uncertainty("trained:water", "ammonia")
