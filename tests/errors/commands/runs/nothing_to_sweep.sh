qffc sweep run.toml
