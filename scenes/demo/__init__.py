"""The demo showroom: scene, products, and the script that models both."""
