qffc curve lib:pair --data water --sizes 1,2 --splits 1000 --seeds 1000
