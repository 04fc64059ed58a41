qffc import bell.qasm --site a:H --site a:O --observable 'E=Z(q0)'
