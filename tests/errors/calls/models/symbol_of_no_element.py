import qffc as qf

qf.load_model("trained:water").predict(["O", "h", "h"], [[[0, 0, 0], [1, 0, 0], [0, 1, 0]]])
