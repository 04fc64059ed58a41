from pathlib import Path

from qffc.data import read

P = "Properties=species:S:1:pos:R:3:forces:R:3"
BOX = 'Lattice="4 0 0 0 4 0 0 0 4"'
ONE = "1 0 0 0 1 0 0 0 1"
Path("ar.xyz").write_text(f'1\n{BOX} energy=-0.1 stress="{ONE}" virial="{ONE}" {P}\nAr 0 0 0 0 0 0\n')
read("ar.xyz", units="ase")
