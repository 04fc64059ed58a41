qffc check lib:pair:depth=two
