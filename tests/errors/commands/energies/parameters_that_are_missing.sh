qffc energy lib:sivqlm-h2o --geometry water --raw --params nothing.json
