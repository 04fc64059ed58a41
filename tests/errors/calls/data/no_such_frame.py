from qffc.data import load_embedded

load_embedded("water").subset([0, 1000])
