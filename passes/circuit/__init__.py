"""What a circuit does, from its operations alone: wires, traces of Paulis, commutation, the cut of the program."""
