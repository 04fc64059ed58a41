qffc train bare.toml
