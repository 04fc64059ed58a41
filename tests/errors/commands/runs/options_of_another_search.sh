qffc search lib:pair --data water --gates rotate
