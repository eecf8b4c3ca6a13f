"""A whole house of real processes, hurt while people use it; then every promise is looked at."""
