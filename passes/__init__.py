"""Compiler passes: checks, rewrites and lowerings, with the pipeline that runs them."""

if __name__ != "qffc.passes":
    raise ImportError(
        f"this folder is the package qffc.passes; import it by that name, not as {__name__!r}", name=__name__
    )
