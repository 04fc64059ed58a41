from qffc.data import load_embedded

load_embedded("water").published_split(1, train=10)
