import qffc as qf

qf.evaluate("trained:water", "water", part="train")
