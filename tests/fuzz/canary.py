"""A file that lies outside every input. Nobody may open it, and its words may appear nowhere."""

import tempfile
from pathlib import Path

PATH = Path(tempfile.gettempdir()) / "vitrine-fuzz-canary" / "secret.txt"  # the same in every run
WORDS = b"the canary sings at 5 o'clock"
PLACE = str(PATH)
