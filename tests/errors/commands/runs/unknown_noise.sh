qffc train lib:sivqlm-h2o --data water --noise H9
