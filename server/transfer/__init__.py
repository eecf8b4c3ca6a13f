"""Moving all of a house: into a backup and back, and from one engine to another."""
