from qffc.motion.settings import DynamicsSettings

DynamicsSettings(step=-0.5)
