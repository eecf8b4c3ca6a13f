"""How each feature is put together; `server.app` puts the features together."""
