import qffc as qf
from qffc.models.moving_atoms import MovingAtoms

MovingAtoms(qf.load_model("trained:water"), ["O", "H", "H"]).deviations()
