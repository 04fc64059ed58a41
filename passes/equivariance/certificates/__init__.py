"""Certificates: documents, their text, and what is said at the lines of a program that they blame."""
