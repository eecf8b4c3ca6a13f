"""The eight products on show, one file each."""
