qffc run trained:water --geometry water --target lab.toml
