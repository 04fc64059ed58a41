qffc curve lib:pair --data water --train 50
