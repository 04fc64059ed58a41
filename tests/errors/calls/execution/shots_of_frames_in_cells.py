from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator

import qffc as qf
from qffc.models.force_field import untrained

copper = bulk("Cu", cubic=True)
copper.calc = SinglePointCalculator(copper, energy=-1.0, forces=0 * copper.positions)
qf.evaluate(untrained(qf.load("pair", species=("Cu",)), 0), [copper], shots=True)
