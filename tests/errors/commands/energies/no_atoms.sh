qffc audit ase.calculators.emt:EMT --geometry methane
