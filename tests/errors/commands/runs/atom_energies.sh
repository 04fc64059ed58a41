qffc train lib:pair --data water --atom-energies H=-13.6,H=-13.5
