import qffc as qf

qf.Ensemble(["trained:water"])
