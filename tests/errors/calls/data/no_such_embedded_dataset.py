from qffc.data import load_embedded

load_embedded("methane")
