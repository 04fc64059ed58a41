qffc search lib:sivqlm-h2o --data water --architecture grow
