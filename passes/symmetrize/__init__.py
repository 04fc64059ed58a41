"""Repairs: the declared symmetries made to hold."""
