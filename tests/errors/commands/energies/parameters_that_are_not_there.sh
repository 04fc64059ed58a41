qffc energy lib:sivqlm-h2o --geometry water --raw --params params.json
