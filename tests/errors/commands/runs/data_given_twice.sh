qffc train lib:pair --data water --data water --train 10
