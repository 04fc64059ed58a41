import qffc as qf

qf.load_model("trained:water").predict(["O", "H"], [[[0, 0, 0], [1, 0, 0]]])
