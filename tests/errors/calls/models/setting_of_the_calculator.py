import qffc as qf

qf.Calculator("trained:water").set(cutoff=5.0)
