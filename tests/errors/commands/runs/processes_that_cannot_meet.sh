qffc train lib:pair --data water --coordinator localhost:29500
