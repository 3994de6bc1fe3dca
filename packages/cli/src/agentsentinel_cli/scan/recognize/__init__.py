"""Recognisers: each knows one form in which frameworks define tools, build agents or grant tools."""
