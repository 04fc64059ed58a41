qffc data info broken.db
