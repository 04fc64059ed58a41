from qffc.models.checks.model_check import check_model

check_model("trained:water", seed="one")
