"""Rewrites that keep every expectation value of the readout and leave less to run."""
