qffc compile lib:sivqlm-lih --passes gone.py:Nothing
