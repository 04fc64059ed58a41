"""Programs of the library, small ones of each kind, stand the suite for ansätze."""

import pytest

from qffc.testing import AnsatzSuite


class TestWaterDemo(AnsatzSuite):
    ansatz = "lib:water-demo:tied=true,breaking=false,depth=1"


class TestLithiumHydride(AnsatzSuite):
    ansatz = "lib:sivqlm-lih:depth=1,breaking=true"


class TestWater(AnsatzSuite):
    ansatz = "lib:sivqlm-h2o:depth=1,radial=bessel"


@pytest.mark.slow
class TestAmmonia(AnsatzSuite):
    ansatz = "lib:sivqlm-nh3:depth=1,radial=bessel"


class TestPair(AnsatzSuite):
    ansatz = "lib:pair:depth=1,channels=1,products=true,damped=true"


class TestInitial(AnsatzSuite):
    ansatz = "lib:initial:slots=3,depth=1,channels=2"


class TestRevised(AnsatzSuite):
    ansatz = "lib:revised:slots=3,depth=1,channels=1,hidden=4,radial=chebyshev"


class TestRing(AnsatzSuite):
    ansatz = "lib:ring:qubits=4,depth=1"


class TestAllPairs(AnsatzSuite):
    ansatz = "lib:all-pairs:qubits=4,depth=1"
