"""The room, and what stands in it that is not for sale."""
