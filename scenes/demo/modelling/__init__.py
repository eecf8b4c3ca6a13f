"""Shapes, textures and materials for the demo's models, and the writer that makes GLB files."""
