qffc vibrations trained:water --geometry CH4
