from pathlib import Path

from qffc.data import read

P = "Properties=species:S:1:pos:R:3:forces:R:3"
Path("qm.xyz").write_text(f"2\nenergy=-31.7 {P}\nH 0 0 0 0 0 0\nH 0 0 0.74 0 0 0\n1\nenergy=-13.6 {P}\nH 0 0 0 0 0 0\n")
read("qm.xyz", units="ase")
