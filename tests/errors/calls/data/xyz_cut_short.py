from pathlib import Path

from qffc.data import read

Path("qm.xyz").write_text("2\nenergy=-31.7\nH 0 0 0\n")
read("qm.xyz", units="ase")
