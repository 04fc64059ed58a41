import qffc as qf

qf.Calculator("trained:water").get_potential_energy()
