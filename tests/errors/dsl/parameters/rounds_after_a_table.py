import qffc as qf


@qf.ansatz
def bond(a):
    first, second = a.atoms("H", "H")
    (layer,) = a.layers(1)
    layer.params("J", 3)
    a.rounds(2)


bond()
