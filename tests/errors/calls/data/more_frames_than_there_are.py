from qffc.data import load_embedded

load_embedded("water").split(train=900, validation=200)
