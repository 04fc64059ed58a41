qffc compile lib:pair --out circuits
