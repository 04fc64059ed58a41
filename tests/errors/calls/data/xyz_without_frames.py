from pathlib import Path

from qffc.data import read

Path("qm.xyz").write_text("\n")
read("qm.xyz", units="ase")
