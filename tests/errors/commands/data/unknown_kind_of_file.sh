qffc data info notes.txt
