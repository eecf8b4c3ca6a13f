"""Showrooms as data: a JSON schema and one folder per showroom."""
