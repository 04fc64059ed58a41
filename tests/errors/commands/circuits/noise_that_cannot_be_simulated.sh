qffc eval trained:water --data water --noise Helios
