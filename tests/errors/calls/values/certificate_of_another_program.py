import qffc as qf
from qffc.passes.certificate_verify import verify_certificate
from qffc.targets.catalogue import target

verify_certificate(qf.check("lib:sivqlm-lih"), qf.load("sivqlm-h2o"), target)
