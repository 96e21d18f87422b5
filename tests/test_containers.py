"""Containers, as far as they can be tried without a daemon: the files, the build's steps, the entry point."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.processes import TIMEOUT, wait_for

DEPLOY = ROOT / "deploy"
COMPOSE = ("compose.yaml", "compose.postgresql.yaml")
is_root = pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_survives_a_reboot_and_fills_no_disk(name: str) -> None:
    services = yaml.safe_load((DEPLOY / name).read_text())["services"]
    assert services["init"]["command"][0] == "upgrade"
    for service, about in services.items():
        assert about["logging"]["options"]["max-size"], service
        if service != "init":
            assert about["restart"] == "unless-stopped", "on-failure stays down when the daemon restarts"
            assert about["healthcheck"]["test"], service
            is_after = "init" in about.get("depends_on", {})
            assert is_after == (service != "db"), "the archive is upgraded once, before anything uses it"


@pytest.mark.parametrize("name", COMPOSE)
def test_every_file_that_a_compose_file_needs_has_an_example(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / name).read_text()
    copies = re.findall(r"^#   cp (\S+) (\S+)", text, re.MULTILINE)
    made = {target for _, target in copies}
    found: dict[str, Any] = yaml.safe_load(text)
    needed = {about["env_file"] for about in found["services"].values() if "env_file" in about}
    needed |= {secret["file"] for secret in found.get("secrets", {}).values()}
    assert needed == made
    assert all((DEPLOY / example).is_file() for example, _ in copies)
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        context = tmp_path / "deploy"
        shutil.copytree(DEPLOY, context, ignore=shutil.ignore_patterns("data"))
        for example, target in copies:
            shutil.copy(context / example, context / target)
        config = [docker, "compose", "-f", str(context / name), "config", "--quiet"]
        subprocess.run(config, check=True, cwd=context)


def context_of_build(folder: Path) -> Path:
    """The files that a build sees: what git knows, without what .dockerignore names."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    listed = subprocess.run(
        ["/usr/bin/git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    for name in listed:
        if not any(fnmatch(name, pattern) or name.startswith(f"{pattern}/") for pattern in ignored):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.mark.more
def test_the_steps_of_the_build_make_a_command_that_works(tmp_path: Path) -> None:
    """Each RUN of the Dockerfile; the locked packages, which come by the network, are those that the tests run with."""
    source, made = context_of_build(tmp_path / "source"), tmp_path / "archive"
    dockerfile = (source / "deploy/Dockerfile").read_text()
    make, lock, analysis, install = re.findall(r"^RUN (.*)$", dockerfile, re.MULTILINE)
    assert analysis.endswith("-r /source/requirements-analysis.lock")
    assert lock == "/opt/archive/bin/pip install --no-cache-dir --require-hashes -r /source/requirements.lock"
    offline = (
        f"{sys.executable} -m pip --python {made}/bin/python install --no-index --no-build-isolation --no-cache-dir"
    )
    for step in (make, install):
        words = re.sub("^python ", f"{sys.executable} ", step)
        words = words.replace("/opt/archive/bin/pip install --no-cache-dir", offline)
        words = words.replace("/opt/archive", str(made)).replace("/source", str(source))
        done = subprocess.run(["/bin/sh", "-euc", words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (words, done.stderr)
        (packages,) = made.glob("lib/python*/site-packages")
        for old in packages.glob("setuptools*"):  # of Python 3.11; a build with a network fetches its own
            shutil.rmtree(old)
        (packages / "of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for name in re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE):
        assert (source / name).exists()
    done = subprocess.run(
        [made / "bin/pixiv-archive", "upgrade", "--init"],
        env={
            "HOME": str(tmp_path),
            "ARCHIVE_URL": f"sqlite:///{tmp_path}/archive.db",
            "STATE_DIR": str(tmp_path / "s"),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("OK: begun at "), done.stderr


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a `pixiv-archive` that says who runs it, and does what FAKE says."""
    folder = tmp_path / "programs"
    folder.mkdir(mode=0o755)
    (folder / "pixiv-archive").write_text('#!/bin/sh\necho "$(id -u):$(id -g) $*"\neval "${FAKE:-}"\n')
    (folder / "pixiv-archive").chmod(0o755)
    shutil.copy(DEPLOY / "entrypoint.sh", folder)
    for above in (tmp_path, *tmp_path.parents):
        if above.is_relative_to(Path(tempfile.gettempdir(), f"pytest-of-{getpass.getuser()}")):
            above.chmod(0o755)  # another user passes through
    return folder


def entry(programs: Path, *words: str, **given: str) -> subprocess.Popen[str]:
    data = programs.parent / "data"
    data.mkdir(exist_ok=True)
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(data), **given}
    return subprocess.Popen(
        [programs / "entrypoint.sh", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
    )


@is_root
def test_the_entry_point_runs_as_the_user_that_is_named_and_owns_the_data(programs: Path) -> None:
    with entry(programs, "sql", "top-artists", PUID="12345", PGID="12346") as container:
        out, _ = container.communicate(timeout=TIMEOUT)
    assert out == "12345:12346 sql top-artists\n"
    assert (programs.parent / "data").stat().st_uid == 12345


def test_the_entry_point_works_for_a_user_who_is_not_root(programs: Path) -> None:
    as_nobody = {"PUID": "65534", "PGID": "65534"} if os.getuid() == 0 else {}
    with entry(programs, "status", FAKE="exit 7", **as_nobody) as container:
        out, _ = container.communicate(timeout=TIMEOUT)
    assert out.endswith(" status\n")
    assert container.returncode == 7, "the command's own status"


def test_a_schedule_ends_in_order_when_the_container_is_stopped(programs: Path) -> None:
    trap = 'trap "echo ended in order; exit 0" TERM; echo begun; while :; do sleep 0.1; done'
    owner = {"PUID": str(os.getuid()), "PGID": str(os.getgid())}
    with entry(programs, "schedule", "nightly", "weekly", FAKE=trap, **owner) as container:
        assert container.stdout is not None
        assert "job run nightly --if-due --quiet" in container.stdout.readline()
        assert container.stdout.readline() == "begun\n"
        container.send_signal(signal.SIGTERM)
        out, _ = container.communicate(timeout=TIMEOUT)
    assert out == "ended in order\n", "and weekly was not begun"
    assert container.returncode == 0


def test_a_schedule_looks_again_and_again(programs: Path) -> None:
    owner = {"PUID": str(os.getuid()), "PGID": str(os.getgid())}
    with entry(programs, "schedule", "nightly", SCHEDULE_PAUSE="1", **owner) as container:
        assert container.stdout is not None
        lines = [container.stdout.readline() for _ in range(3)]
        container.send_signal(signal.SIGTERM)
        container.communicate(timeout=TIMEOUT)
    assert all("job run nightly --if-due --quiet" in line for line in lines)


def test_a_worker_whose_session_does_not_serve_is_not_tried_again_at_once(programs: Path) -> None:
    owner = {"PUID": str(os.getuid()), "PGID": str(os.getgid())}
    with entry(programs, "worker", FAKE="exit 3", RETRY_PAUSE="60", **owner) as container:
        assert container.stderr is not None
        assert container.stderr.readline() == "next try in an hour (docker restart tries now)\n"
        assert container.poll() is None
        container.send_signal(signal.SIGTERM)
        wait_for(lambda: container.poll() is not None)
    assert container.returncode == 3
