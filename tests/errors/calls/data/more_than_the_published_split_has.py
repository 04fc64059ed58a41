from qffc.data.split import PublishedSplit, take_split

take_split(PublishedSplit((4, 0, 2), (1,)), 6, train=4)
