from qffc.passes.equivariance.certificates.certificate import Certificate

Certificate.from_json("proven\n")
