from qffc.execution.backend import check_price

check_price(4836.42, 5.0)
