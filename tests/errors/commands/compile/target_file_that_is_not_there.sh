qffc compile lib:sivqlm-lih --target other.toml
