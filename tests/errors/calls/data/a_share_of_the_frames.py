from qffc.data import load_embedded

load_embedded("water").split(train=0.8)
