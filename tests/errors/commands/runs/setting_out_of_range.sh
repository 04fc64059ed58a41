qffc train lib:sivqlm-h2o --data water --learning-rate -1
