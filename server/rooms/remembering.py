"""What a room remembers of avatars that may come back."""

from typing import Final, TypeVar

T = TypeVar("T")
MAX_REMEMBERED: Final = 512  # avatars


def remember(memory: dict[str, T], avatar_id: str, value: T) -> None:
    """The latest ones."""
    memory.pop(avatar_id, None)
    memory[avatar_id] = value
    if len(memory) > MAX_REMEMBERED:
        del memory[next(iter(memory))]
