"""Finding a Python, and building the environment from nothing."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import bootstrap

FINDER = Path(__file__).resolve().parents[2] / "scripts" / "find_python.sh"


def stand_in(folder: Path, name: str, body: str) -> None:
    """An executable on a PATH of the test's own."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def find(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(FINDER)], env={"PATH": str(folder), **variables}, capture_output=True, text=True, check=False
    )


def test_the_first_python_that_runs_and_is_new_enough_is_taken(tmp_path: Path) -> None:
    stand_in(tmp_path, "python3.12", "echo 'command not found' >&2; exit 127")  # a version manager's stub
    stand_in(tmp_path, "python3.13", "exit 1")  # runs, but says the version does not fit
    stand_in(tmp_path, "python3", "exit 0")
    stand_in(tmp_path, "python", "exit 0")
    found = find(tmp_path)
    assert (found.stdout, found.returncode) == ("python3\n", 0)


def test_a_named_python_is_the_only_candidate(tmp_path: Path) -> None:
    stand_in(tmp_path, "python3.12", "exit 0")
    stand_in(tmp_path, "my python", "exit 0")
    assert find(tmp_path, PYTHON=str(tmp_path / "my python")).stdout == f"{tmp_path}/my python\n"
    refused = find(tmp_path, PYTHON="/nowhere/python")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "PYTHON=/nowhere/python" in refused.stderr


def test_no_python_at_all_names_the_remedy(tmp_path: Path) -> None:
    refused = find(tmp_path)
    assert refused.returncode == 1
    assert "apt install python3" in refused.stderr


PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"
scripts = { tiny = "tiny:main" }
"""
BACKEND = """
import pathlib, zipfile

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "tiny-1-py3-none-any.whl"
    files = {
        "tiny.pth": str(pathlib.Path("plugins").resolve()),
        "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1\\n",
        "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "tiny-1.dist-info/entry_points.txt": "[console_scripts]\\ntiny = tiny:main\\n",
    }
    record = "".join(f"{each},,\\n" for each in [*files, "tiny-1.dist-info/RECORD"])
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        for path, content in {**files, "tiny-1.dist-info/RECORD": record}.items():
            wheel.writestr(path, content)
    return name
"""


def checkout(root: Path) -> Path:
    (root / "plugins").mkdir(parents=True)
    (root / "plugins" / "tiny.py").write_text("def main() -> None:\n    print('tiny is here')\n")
    for name in bootstrap.REQUIREMENTS:
        (root / name).write_text("# nothing is needed\n")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    return root


@pytest.fixture
def empty_checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a space, with no requirements and its own way to build: it needs no network."""
    return checkout(tmp_path / "a checkout")


def wheel_of(folder: Path, name: str) -> Path:
    """A wheel of nothing, version 1, that needs an extra of something the lists name without it."""
    path = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\nRequires-Dist: pip[extra]\n"
        wheel.writestr(f"{name}-1.dist-info/METADATA", metadata)
        wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.dist-info/RECORD", "")
    return path


def test_bootstrap_builds_heals_and_then_leaves_alone(
    empty_checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    wheel = wheel_of(tmp_path, "needed")
    pins, venv = empty_checkout / "requirements.txt", empty_checkout / ".venv"
    for hashes, refusal in (
        ("", "Hashes are required"),
        (f"--hash=sha256:{'0' * 64}", "what the package index offers as needed==1 is not what was pinned"),
    ):
        pins.write_text(f"needed==1 {hashes}\n")
        with pytest.raises(bootstrap.BootstrapError, match=refusal):
            bootstrap.bootstrap(empty_checkout, named_python=False)
        assert not list(venv.rglob("needed-1.dist-info"))
    pins.write_text(f"needed==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    bootstrap.bootstrap(empty_checkout, named_python=False)
    assert list(venv.rglob("needed-1.dist-info"))
    said = capsys.readouterr().err
    assert said.count("creating .venv") == 1, "an interrupted installation is taken up again"
    shown = subprocess.run(
        [venv / "bin" / "python", "-c", "import sys; print(sys.path)"], capture_output=True, text=True, check=True
    )
    assert str(empty_checkout / "plugins") in shown.stdout
    command = subprocess.run([venv / "bin" / "tiny"], capture_output=True, text=True, check=True)
    assert command.stdout == "tiny is here\n"

    bootstrap.bootstrap(empty_checkout, named_python=False)
    assert capsys.readouterr().err == "", "nothing to do, nothing to say"

    (venv / "stamp.json").unlink()  # what an interrupted run leaves
    bootstrap.bootstrap(empty_checkout, named_python=False)
    said = capsys.readouterr().err
    assert "installing" in said
    assert "creating" not in said

    moved = empty_checkout.rename(empty_checkout.with_name("moved"))
    assert not bootstrap.is_complete(moved, moved / ".venv", None), "its scripts point to the old folder"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("requirements.txt", "alembic==1.0\n"),
        ("requirements-dev.txt", "pytest==9.0\n"),
        ("pyproject.toml", PROJECT.replace('version = "1"', 'version = "2"')),
        ("pyproject.toml", PROJECT.replace("tiny:main", "tiny:other")),
    ],
)
def test_what_was_installed_from_is_noticed_when_it_changes(empty_checkout: Path, name: str, content: str) -> None:
    before = bootstrap.expected_stamp(empty_checkout, "3.11.0")
    (empty_checkout / name).write_text(content)
    assert bootstrap.expected_stamp(empty_checkout, "3.11.0") != before


def test_settings_of_tools_do_not_install_anything_again(empty_checkout: Path) -> None:
    before = bootstrap.expected_stamp(empty_checkout, "3.11.0")
    (empty_checkout / "pyproject.toml").write_text(f"{PROJECT}\n[tool.ruff]\nline-length = 120\n")
    assert bootstrap.expected_stamp(empty_checkout, "3.11.0") == before


class Index(http.server.BaseHTTPRequestHandler):
    """A package index that offers a wheel which is not the pinned one."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        if self.path.endswith("/pip/"):
            self.wfile.write(f'<a href="../../files/{bootstrap.PIP_WHEEL}#sha256=0">pip</a>'.encode())
        else:
            self.wfile.write(b"not the wheel you are looking for")

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def index() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()


def test_a_pip_with_another_digest_is_refused(index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(bootstrap.BootstrapError, match="digest"):
        bootstrap.download_pip(tmp_path)
    assert not list(tmp_path.iterdir())


def test_an_unreachable_index_is_one_line_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://ann:hunter2@127.0.0.1:1/simple")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(bootstrap.BootstrapError, match="cannot be reached") as refusal:
        bootstrap.download_pip(tmp_path)
    assert "hunter2" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_wheel_is_found_on_json_and_html_pages() -> None:
    page_url = "https://index.example/simple/pip/"
    wheel = bootstrap.PIP_WHEEL
    as_json = json.dumps({"files": [{"url": f"{wheel}.metadata"}, {"url": f"/files/{wheel}"}]})
    as_html = f"<a href='x.whl'>x</a><a data-x='1' href='https://cdn.example/{wheel}#sha256=ab'>pip</a>"
    assert bootstrap.wheel_link(as_json, page_url) == f"https://index.example/files/{wheel}"
    assert bootstrap.wheel_link(as_html, page_url) == f"https://cdn.example/{wheel}"
    assert bootstrap.wheel_link("<html></html>", page_url) is None


def test_the_index_is_the_one_pip_would_use(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://config.example/simple\n")
    assert bootstrap.configured_index({"PIP_INDEX_URL": "https://env.example"}, [config]) == "https://env.example"
    assert bootstrap.configured_index({}, [tmp_path / "missing", config]) == "https://config.example/simple"
    assert bootstrap.configured_index({}, []) == "https://pypi.org/simple"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Collecting x\nERROR: No matching distribution found for x==9\n", "No matching distribution found for x==9"),
        ("WARNING: Retrying: NewConnectionError(...)\nERROR: Could not find x\n", "index cannot be reached"),
        ("ERROR: Could not install: [Errno 28] No space left on device\n", "the disk is full"),
        ("ERROR: Exception:\nTraceback ...\nModuleNotFoundError: No module named 'x'\n", "No module named 'x'"),
        ("", "no message"),
    ],
)
def test_what_pip_said_becomes_one_line(output: str, expected: str) -> None:
    assert expected in bootstrap.pip_failure(output)
    assert "\n" not in bootstrap.pip_failure(output)


def test_two_installations_wait_for_each_other(tmp_path: Path) -> None:
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        entered.wait()
        with bootstrap.exclusive(tmp_path / "lock"):
            order.append("second")

    waiter = threading.Thread(target=second)
    waiter.start()
    with bootstrap.exclusive(tmp_path / "lock"):
        entered.set()
        waiter.join(0.2)
        order.append("first")
    waiter.join(5)
    assert order == ["first", "second"]
    assert os.path.exists(tmp_path / "lock")


PIP_SAYS = """\
:env:.cert='/etc/ssl/own.crt'
:env:.find-links='/wheels'
:env:.disable-pip-version-check='1'
global.cert='/etc/ssl/other.crt'
global.constraint='/etc/pip/constraints.txt'
global.extra-index-url='file:///opt/more https://user:hunter2@more.example/simple'
global.find-links='/other'
global.index-url='https://index.example/simple'
global.timeout='15'
install.index-url='https://install.example/simple'
install.trusted-host='index.example'
download.index-url='https://download.example/simple'
freeze.all='true'
"""


def test_uv_is_told_what_pip_knows() -> None:
    settings = bootstrap.uv_settings(
        PIP_SAYS, {"UV_HTTP_TIMEOUT": "300", "UV_DEFAULT_INDEX": "", "SSL_CERT_FILE": "/etc/ssl/python.crt"}
    )
    assert settings == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://install.example/simple",
        "UV_INDEX": "file:///opt/more https://user:hunter2@more.example/simple",
        "UV_FIND_LINKS": "/wheels",
        "UV_INSECURE_HOST": "index.example",
        "SSL_CERT_FILE": "/etc/ssl/own.crt",
    }, "the environment outranks files, install outranks global, and what uv was told stays"
    assert bootstrap.uv_settings("", {}) == {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for value, expected in (("1", "true"), ("yes", "true"), ("0", None), ("false", None)):
        found = bootstrap.uv_settings(f"global.no-index='{value}'\n", {})
        assert isinstance(found, dict)
        assert found.get("UV_NO_INDEX") == expected


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("install.no-binary=':all:'\n", "no-binary"),
        ("global.keyring-provider='subprocess'\n", "keyring-provider"),
        ("install.target='/opt/libs'\n", "target"),
        ("global.find-links='/a,b'\n", "find-links"),
    ],
)
def test_what_uv_cannot_be_told_is_left_to_pip(said: str, option: str) -> None:
    assert bootstrap.uv_settings(said, {}) == option


PIP = """
case "$*" in
*"config list"*) echo "{configuration}" ;;
*--only-binary*) {uv} ;;
*) echo "pip $*" >> "{log}" ;;
esac
"""
A_UV = """cat > "{venv}/bin/uv" << END; chmod +x "{venv}/bin/uv"
#!/bin/sh
echo "uv \\$UV_FIND_LINKS \\$*" >> "{log}"
{ending}
END
"""


@pytest.mark.parametrize(
    ("configuration", "uv", "installers", "said"),
    [
        ("global.find-links='/wheels'", A_UV.replace("{ending}", "exit 0"), ["uv /wheels"], "installed in"),
        (
            "",
            A_UV.replace("{ending}", "echo error: no https://u:hunter2@here; exit 2"),
            ["uv", "pip"],
            "with pip: uv did not get through (no https://here)",
        ),
        ("", "echo ERROR: none for this Python; exit 1", ["pip"], "with pip: uv cannot be had (none for this Python)"),
        ("", "true", ["pip"], "with pip: uv cannot be had for this kind of machine"),
        ("global.target='/opt'", "exit 1", ["pip"], "with pip: uv has no setting like pip's target"),
    ],
)
def test_uv_installs_or_pip_does(
    configuration: str,
    uv: str,
    installers: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An environment whose pip notes what it is asked for, and gets a uv that does the same, or none."""
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    root, venv, log = checkout(tmp_path / "a checkout"), tmp_path / "a checkout" / ".venv", tmp_path / "log"
    (root / "requirements-dev.txt").write_text(f"uv==1 \\\n    --hash=sha256:{'0' * 64}\n    # via nobody\nzz==1\n")
    (venv / "bin").mkdir(parents=True)
    stand_in(
        venv / "bin",
        "python",
        PIP.format(configuration=configuration, log=log, uv=uv.replace("{log}", str(log)).replace("{venv}", str(venv))),
    )
    bootstrap.install(root, venv)
    asked = log.read_text().splitlines()
    assert len(asked) == len(installers)
    for line, installer in zip(asked, installers, strict=True):
        assert line.startswith(installer)
        assert "--require-hashes --no-deps -r" in line
    shown = capsys.readouterr().err
    assert said in shown
    assert "hunter2" not in shown
    assert not (venv / "uv-requirement.txt").exists()
