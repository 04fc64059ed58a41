qffc compile lib:ring:qubits=8,depth=1 --target lab.toml
