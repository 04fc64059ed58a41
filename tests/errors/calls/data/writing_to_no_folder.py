from qffc.data import load_embedded, write_npz

write_npz(load_embedded("water"), "out/water.npz")
