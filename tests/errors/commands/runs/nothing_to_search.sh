qffc search run.toml
