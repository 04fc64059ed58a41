qffc curve lib:pair --data water --sizes 50,50
