from qffc.passes.registry import load_pass

load_pass("canonicalise")
