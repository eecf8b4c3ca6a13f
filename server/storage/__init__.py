"""Documents, durable on return; the port says how, the engines do it."""
