import qffc as qf
from qffc.motion.vibrations import harmonic_vibrations

harmonic_vibrations(qf.load_model("trained:water"), ["O"], [[0, 0, 0]])
