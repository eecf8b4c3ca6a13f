"""Telling other systems what happened, at least once, signed."""
