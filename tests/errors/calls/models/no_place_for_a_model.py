import qffc as qf

qf.load_model(3)
