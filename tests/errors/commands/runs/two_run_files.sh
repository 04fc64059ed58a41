qffc train run.toml --config more.toml
