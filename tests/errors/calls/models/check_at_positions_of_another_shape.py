from qffc.models.checks.model_check import check_model

check_model("trained:water", ["O", "H", "H"], [[0, 0, 0], [1, 0, 0]])
