qffc check gone.qffc
