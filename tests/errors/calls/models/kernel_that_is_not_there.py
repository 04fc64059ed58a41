import qffc as qf

qf.load_model("trained:water").energy_fn(["O", "H", "H"], kernel="gpu")
