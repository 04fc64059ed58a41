qffc train gone.toml
