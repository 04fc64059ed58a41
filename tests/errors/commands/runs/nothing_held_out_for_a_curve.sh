qffc curve lib:sivqlm-h2o --data water.npz --sizes 2,6 --validation 0
