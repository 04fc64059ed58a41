qffc eval trained:water --data water --keys energies=E
