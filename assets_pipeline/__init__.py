"""Vitrine's asset pipeline: 3D product models in, files for every device out."""
