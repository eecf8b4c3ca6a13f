"""The showroom server: rooms, products, orders and what tells the outside about them."""

__version__ = "0.1.0"
