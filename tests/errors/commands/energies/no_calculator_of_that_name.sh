qffc audit ase.calculators.emt:EMTT --geometry CH4
