from qffc.ir.elements import atomic_number

atomic_number("h")
