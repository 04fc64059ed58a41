import qffc as qf

qf.load_model("trained:water").predict("OHH", [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]])
