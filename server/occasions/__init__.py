"""Occasions: gatherings in a room at an hour that was announced."""
