"""Uploaded models and the files made of them."""
