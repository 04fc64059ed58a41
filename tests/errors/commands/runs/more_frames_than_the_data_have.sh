qffc train lib:sivqlm-h2o --data water --train 990 --validation 20
