"""Figures: how alike two pictures or two surfaces are."""
