qffc compile lib:sivqlm-h2o --target lab.toml --emit qir
