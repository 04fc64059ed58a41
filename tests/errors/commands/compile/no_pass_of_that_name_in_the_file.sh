qffc compile lib:sivqlm-lih --passes bond.py:Nothing
