qffc import bell.qasm --site a --observable 'E=Z(q0)'
