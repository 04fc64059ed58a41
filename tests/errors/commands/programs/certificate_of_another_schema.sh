qffc check nothing.json
