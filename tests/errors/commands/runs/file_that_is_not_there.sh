qffc train run.toml
