qffc check certificate.json
