import qffc as qf

qf.Calculator("trained:water", precision=16)
