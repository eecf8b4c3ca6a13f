"""Uploaded models, the files a converter made of them, and how both get in and out."""
