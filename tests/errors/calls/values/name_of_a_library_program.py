from qffc.library.catalogue import load_reference

load_reference("pair")
