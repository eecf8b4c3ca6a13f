"""Writers: a Model becomes bytes, the same for the same Model."""
