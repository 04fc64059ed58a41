qffc compile lib:pair --geometry water --measured
