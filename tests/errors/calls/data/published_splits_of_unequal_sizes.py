from qffc.data import Dataset, write_npz
from qffc.data.split import PublishedSplit

splits = (PublishedSplit((0,), (1,)), PublishedSplit((0, 1), (2,)))
places = [[[0, 0, 0], [0, 0, 0.7 + 0.1 * k]] for k in range(3)]
write_npz(Dataset([1, 1], places, [-31.7, -31.6, -31.5], None, published=splits), "h2.npz")
