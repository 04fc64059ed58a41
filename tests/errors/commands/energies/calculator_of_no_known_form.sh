qffc audit EMT --geometry CH4
