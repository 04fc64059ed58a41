"""The intermediate representation: values, operations, programs, the verifier and the text format."""

if __name__ != "qffc.ir":
    raise ImportError(f"this folder is the package qffc.ir; import it by that name, not as {__name__!r}", name=__name__)
