from qffc.passes.target_noise import NoiseModel

NoiseModel(two_qubit=0.998)
