qffc compile lib:sivqlm-h2o:depth=1 --emit qasm --measured
