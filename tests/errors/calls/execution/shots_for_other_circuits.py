from qffc.passes.lower_pytket.packing import pack

pack([4, 4], [100], 56)
