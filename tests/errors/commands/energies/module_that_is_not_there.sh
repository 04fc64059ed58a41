qffc audit ase.calculators.emmt:EMT --geometry CH4
