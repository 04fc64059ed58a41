qffc audit ase.calculators.emt:EMT --geometry bulk:Xx
