qffc train typo.toml
