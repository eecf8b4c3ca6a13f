"""Settings, pages and commands around the features."""

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from server.pages import NoPages, add_pages
from server.settings import BadSetting, from_environment
from tests.flows.process import running


def test_the_command_line_goes_before_the_environment_and_that_before_the_default():
    environment = {"VITRINE_PORT": "9000", "VITRINE_TICK_HZ": "20"}
    settings = from_environment(environment, port=9001, host=None)
    assert (settings.port, settings.tick_hz, settings.host) == (9001, 20.0, "127.0.0.1")


@pytest.mark.parametrize(
    "name", ["PORT", "TICK_HZ", "LOG_LEVEL", "WEBHOOK_ALLOW_HTTP", "TRUSTED_PROXIES"]
)
def test_a_setting_that_does_not_fit_is_named(name):
    with pytest.raises(BadSetting, match=f"VITRINE_{name}"):
        from_environment({f"VITRINE_{name}": "sideways"})


def test_a_secret_that_is_short_is_refused_and_not_shown():
    with pytest.raises(BadSetting, match=r"VITRINE_SECRET=….*32 characters") as caught:
        from_environment({"VITRINE_SECRET": "opensesame"})
    assert "opensesame" not in str(caught.value)


async def test_pages_allow_their_own_import_map_and_no_other_inline_script():
    app = web.Application()
    add_pages(app)
    async with TestClient(TestServer(app)) as client:
        page = await client.get("/")
        policy = page.headers["Content-Security-Policy"]
        (inline,) = re.findall(rb"<script[^>]*>(.+?)</script>", await page.read(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline).digest()).decode()
        assert f"'sha256-{digest}'" in policy
        assert "unsafe-inline" not in policy.split("style-src")[0]
        assert (await client.get("/npm/three/build/three.module.js")).status == 200
        for path in (
            "/npm/three/../../package.json",
            "/js/%2e%2e/package.json",
            "/npm/ws/index.js",
        ):
            assert (await client.get(path)).status in {403, 404}, path


async def test_only_a_worker_without_a_network_may_compile_code_from_text():
    app = web.Application()
    add_pages(app)
    async with TestClient(TestServer(app)) as client:
        for path in ("/", "/desk"):
            page = await client.get(path)
            assert "'unsafe-eval'" not in page.headers["Content-Security-Policy"]
        worker = await client.get("/js/scene/transcoder.js")
        policy = worker.headers["Content-Security-Policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert not any(part.startswith("connect-src") for part in policy)
        assert "'unsafe-eval'" in policy[1]


def test_pages_without_packages_say_what_to_run(tmp_path: Path):
    with pytest.raises(NoPages, match="make setup"):
        add_pages(web.Application(), tmp_path)


def vitrine(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, input=typed)


def test_keys_are_made_beside_a_running_server_and_without_one(tmp_path: Path):
    data = tmp_path / "data"
    alone = vitrine("keys", "create", "--role", "designer", "--data", str(data))
    assert alone.stdout.startswith("vk_"), alone.stderr
    with running(data):
        beside = vitrine("keys", "create", "--role", "integration", "--data", str(data))
        assert beside.stdout.startswith("vk_"), beside.stderr
        listed = vitrine("keys", "list", "--data", str(data)).stdout
        assert ("designer" in listed, "integration" in listed) == (True, True)
        gone = vitrine("keys", "revoke", beside.stdout.strip(), "--data", str(data))
        assert gone.returncode == 0, gone.stderr
        again = vitrine("keys", "revoke", beside.stdout.strip(), "--data", str(data))
        assert again.returncode == 1
        assert "There is no such key" in again.stderr
        second = vitrine("serve", "--port", "0", "--data", str(data))
        assert second.returncode == 1
        assert "in use by another server" in second.stderr


def test_commands_begin_without_loading_the_server():
    heavy = "server.app", "aiohttp", "socketio", "numpy", "icalendar"
    asked = f"import sys, server.access; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_account_made_in_the_terminal_signs_in(tmp_path: Path):
    data = str(tmp_path / "data")
    made = vitrine("accounts", "create", "milano", "--data", data, typed="long enough\n" * 2)
    assert made.returncode == 0, made.stderr
    assert "milano can sign in as staff" in made.stdout
    gone = vitrine("accounts", "remove", "milano", "--data", data)
    assert "milano cannot sign in" in gone.stdout
    assert vitrine("accounts", "remove", "milano", "--data", data).returncode == 1


def test_a_login_or_password_that_cannot_be_is_told_so(tmp_path: Path):
    data = str(tmp_path / "data")
    short = vitrine("accounts", "create", "milano", "--data", data, typed="short\n" * 2)
    assert short.returncode == 1
    assert "at least 8 characters" in short.stderr
    odd = vitrine("accounts", "create", "Mila no", "--data", data, typed="long enough\n" * 2)
    assert odd.returncode == 1
    assert "lower-case" in odd.stderr


def test_a_taken_port_and_a_bad_setting_say_what_to_do(tmp_path: Path, monkeypatch):
    with running(tmp_path / "data") as server:
        port = server.url.rsplit(":", 1)[1]
        taken = vitrine("serve", "--port", port, "--data", str(tmp_path / "other"))
        assert taken.returncode == 1
        assert "another program does" in taken.stderr
    monkeypatch.setenv("VITRINE_PORT", "high")
    assert vitrine("serve").returncode == 2


def test_a_folder_that_is_no_seed_is_told_so(tmp_path: Path):
    done = vitrine("seed", str(tmp_path), "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "scene.json cannot be read" in done.stderr
