"""Identities of responses, tested exactly at random points of finite fields."""
