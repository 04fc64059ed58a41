qffc eval runs/pair --data water
