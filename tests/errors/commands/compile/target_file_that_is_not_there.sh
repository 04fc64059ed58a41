qffc compile lib:sivqlm-lih --target lab.toml
