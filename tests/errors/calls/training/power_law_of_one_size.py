from qffc.studies.power_law import fit_power_law

fit_power_law({50: [8.0]})
