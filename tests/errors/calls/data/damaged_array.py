from pathlib import Path

from qffc.data import read

whole = Path("water.npz").read_bytes()
at = whole.index(b"coords.npy") + 200
Path("cut.npz").write_bytes(whole[:at] + bytes(40) + whole[at + 40 :])
read("cut.npz")
