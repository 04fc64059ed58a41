import qffc as qf

qf.Calculator("trained:water", skin=-0.3)
