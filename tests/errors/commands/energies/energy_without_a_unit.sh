qffc energy lib:sivqlm-h2o --geometry water
