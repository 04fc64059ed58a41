"""Whether a program can be trained: variance of its gradients, norms of them, Fisher information."""

from qffc.trainability.effective_dimension import effective_dimension
from qffc.trainability.fisher import Fisher, fisher_spectrum, output_jacobian
from qffc.trainability.gradient_variance import GradientVariance, gradient_variance
from qffc.trainability.scaling import Scaling, scalings

__all__ = [
    "Fisher",
    "GradientVariance",
    "Scaling",
    "effective_dimension",
    "fisher_spectrum",
    "gradient_variance",
    "output_jacobian",
    "scalings",
]
