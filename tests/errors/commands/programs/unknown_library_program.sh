qffc check lib:pairs
