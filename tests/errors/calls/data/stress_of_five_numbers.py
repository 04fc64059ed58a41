from pathlib import Path

from qffc.data import read

P = "Properties=species:S:1:pos:R:3:forces:R:3"
LATTICE = "4 0 0 0 4 0 0 0 4"
Path("ar.xyz").write_text(f'1\nLattice="{LATTICE}" energy=-0.1 stress="1 2 3 4 5" {P}\nAr 0 0 0 0 0 0\n')
read("ar.xyz", units="ase")
