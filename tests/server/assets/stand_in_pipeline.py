"""A pipeline that does what the model tells it to: how a converter behaves when one misbehaves.

The model is a JSON object. `do` is one of: build (default), fail, crash, babble, hang, escape, lie.
`gate`: a file that must appear before it goes on; `count`: a file that gets one byte per start.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def say(**event):
    print(json.dumps(event), flush=True)


def asked(model: dict) -> list[str]:
    """What it was started with, for a model that wants to know."""
    return sys.argv[1:] if model.get("echo") else []


def main() -> None:
    source = Path(sys.argv[1])
    output = Path(sys.argv[sys.argv.index("-o") + 1]) / source.stem
    model = json.loads(source.read_bytes())
    do = model.get("do", "build")
    if "count" in model:
        with Path(model["count"]).open("ab") as file:
            file.write(b"x")
    say(event="progress", input=source.name, fraction=0.25, step="web: textures")
    while "gate" in model and not Path(model["gate"]).exists():
        time.sleep(0.02)
    if do == "fail":
        error = {"type": model.get("type", "invalid-model"), "title": "Broken"}
        error["detail"] = f"{source.name} is cut off."
        say(event="failed", input=source.name, error=error)
        sys.exit(1)
    if do == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "babble":
        print("x" * 3_000_000)
        print("[" * 100_000)
        print('{"event": "done"')
        print('{"event": "done", "folder": 7}', flush=True)
        sys.exit(0)
    if do == "hang":
        sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
        child = subprocess.Popen(sleeper)  # shares our stdout, and would outlive us
        Path(model["pids"]).write_text(f"{os.getpid()} {child.pid}")
        time.sleep(600)
    output.mkdir(parents=True)
    content = b"glTF" + hashlib.sha256(source.read_bytes()).digest() * 1000
    (output / "web.glb").write_bytes(content)
    (output / "proof.json").write_text('{"ok": true}')
    (output / "proof.html").write_text("<!DOCTYPE html><script>alert(1)</script>")
    file = {
        "profile": "web",
        "lod": 0,
        "name": "/etc/hostname" if do == "escape" else "web.glb",
        "bytes": len(content),
        "triangles": 12,
        "vertices": 24,
        "media_type": "model/gltf-binary",
        "sha256": ("0" * 64) if do == "lie" else hashlib.sha256(content).hexdigest(),
    }
    more = [
        ("quick-look", "model.usdz", "model/vnd.usdz+zip", {"variant": "Night"}),
        ("poster", "poster.night.webp", "image/webp", {"variant": "Night", "width": 8}),
        ("proof", "before.front.webp", "image/webp", {"width": 8, "height": 8}),
    ]
    for _, name, *_ in more:
        (output / name).write_bytes(name.encode())
    others = [
        {
            "profile": profile,
            "lod": 0,
            "name": name,
            "bytes": len(name),
            "triangles": 0,
            "vertices": 0,
            "media_type": media_type,
            "sha256": hashlib.sha256(name.encode()).hexdigest(),
            **facts,
        }
        for profile, name, media_type, facts in more
    ]
    say(
        event="done",
        input=source.name,
        folder=str(output),
        files=[file, *others],
        variants=["Night"],
        dimensions=[0.1, 0.2, 0.3],
        warnings=["Texture wood.png is missing.", *asked(model)],
        proof="proof.json",
        page="proof.html",
    )


main()
