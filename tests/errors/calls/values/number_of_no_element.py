from qffc.ir.elements import symbols_of

symbols_of([119])
