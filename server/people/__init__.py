"""Who is here: guests, staff, designers and integrations."""
