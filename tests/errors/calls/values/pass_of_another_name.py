from qffc.passes.pipeline_text import parse_pass, parse_pipeline

parse_pass("light-cone", type(parse_pipeline("canonicalize")[0]))
