qffc eval trained:benzene --data water
