from qffc.data.split import Split

Split(train=(0, 1, 2), validation=(2,), test=(), seed=0)
