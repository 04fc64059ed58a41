import numpy as np

from qffc.motion.replicas import replicas_at
from qffc.motion.settings import DynamicsSettings

replicas_at(np.array([8]), np.zeros((1, 3)), DynamicsSettings())
