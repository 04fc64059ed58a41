from qffc.passes.lower_pytket.packing import pack

pack([4, 60], [100, 100], 56)
