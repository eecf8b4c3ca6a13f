"""Live instances of a showroom, where people meet."""
