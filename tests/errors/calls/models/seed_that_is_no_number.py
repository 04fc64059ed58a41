import qffc as qf

from qffc.models.checks.model_check import check_model

check_model("trained:water", seed="one")
