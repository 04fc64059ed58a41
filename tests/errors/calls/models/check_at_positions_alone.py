from qffc.models.checks.model_check import check_model

check_model("trained:water", positions=[[0, 0, 0], [1, 0, 0], [0, 1, 0]])
