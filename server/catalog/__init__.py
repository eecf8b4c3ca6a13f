"""What is shown and where it can be had: products, stores."""
