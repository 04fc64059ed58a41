qffc vibrations trained:water --geometry bohr.xyz
