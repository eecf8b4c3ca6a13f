"""What is announced, staged and recorded in a room."""

from server.rooms.messages.base import Down, Up

UP: tuple[type[Up], ...] = ()
DOWN: tuple[type[Down], ...] = ()
