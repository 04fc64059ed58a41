qffc check bond
