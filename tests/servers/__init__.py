"""Real servers for the tests: each on a free port in a temporary folder, ended at the end."""
