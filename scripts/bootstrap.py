"""Create the virtual environment and install what requirements.txt and requirements-dev.txt pin.

Runs on the machine's own Python, before anything is installed: standard library only. Every step looks at what is there
already, and the stamp that says "done" is written last, so an interrupted run is completed by the next one.
"""

from __future__ import annotations

import ast
import base64
import configparser
import contextlib
import hashlib
import html
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from scripts import interruption

ROOT = Path(__file__).resolve().parent.parent

# Fetched only where the machine's Python cannot set pip up itself (Debian without python3-venv).
PIP_WHEEL = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"

SUPPORTED = ((3, 11), (3, 15))
SIZES = ": 320 MB to fetch, 1.1 GB on disk, half a minute to two minutes"
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


class BootstrapError(Exception):
    """The environment cannot be set up; the message names the cause and the remedy."""


def say(message: str) -> None:
    """Report progress on stderr: stdout belongs to the command that needed the environment."""
    print(message, file=sys.stderr, flush=True)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock on the file `path`: two commands in one checkout must not install at the same time."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command that is setting up the environment ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# ------------------------------------------------------------------ what is installed


def expected_stamp(root: Path, python_version: str) -> str:
    """The stamp of a complete environment.

    The folder is part of it: a moved checkout has scripts and paths that point to the old place. So is what an
    installation of the package records, its version and its entry points.
    """
    import tomllib  # here: an older Python gets as far as being refused

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return json.dumps(
        {
            "requirements": [hashlib.sha256((root / name).read_bytes()).hexdigest() for name in REQUIREMENTS],
            "project": hashlib.sha256(json.dumps(project, sort_keys=True).encode()).hexdigest(),
            "python": python_version,
            "folder": str(root),
        },
        indent=1,
        sort_keys=True,
    )


def venv_version(venv: Path) -> str | None:
    """`major.minor.micro` of the environment's Python, or None when there is none that runs."""
    program = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        done = subprocess.run(
            [venv / "bin" / "python", "-c", program], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def is_complete(root: Path, venv: Path, wanted_version: str | None) -> bool:
    """True when the environment matches the pins (and `wanted_version`, when the user named a Python)."""
    try:
        stamp = (venv / "stamp.json").read_text()
        version = json.loads(stamp)["python"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if wanted_version is not None and version != wanted_version:
        return False
    return stamp == expected_stamp(root, version) and venv_version(venv) == version


# ------------------------------------------------------------------ pip, where Python came without it


def configured_index(environ: Mapping[str, str], config_files: list[Path]) -> str:
    """The package index pip would use: PIP_INDEX_URL, else `index-url` of pip's configuration, else PyPI."""
    if url := environ.get("PIP_INDEX_URL"):
        return url
    for path in config_files:
        parser = configparser.RawConfigParser()
        with contextlib.suppress(configparser.Error, OSError, UnicodeDecodeError):
            parser.read(path)
            for section in ("install", "global"):
                for option in ("index-url", "index_url"):
                    if parser.has_option(section, option):
                        return str(parser.get(section, option))
    return "https://pypi.org/simple"


def pip_config_files(environ: Mapping[str, str]) -> list[Path]:
    """Where pip reads its configuration, strongest first."""
    home = Path.home()
    config_home = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = environ.get("PIP_CONFIG_FILE")
    return [
        *([Path(named)] if named else []),
        config_home / "pip" / "pip.conf",
        home / "Library" / "Application Support" / "pip" / "pip.conf",
        home / ".pip" / "pip.conf",
        Path("/etc/pip.conf"),
    ]


def wheel_link(page: str, page_url: str) -> str | None:
    """The absolute address of the pinned pip wheel on a simple-API page (JSON or HTML), or None."""
    links: list[str]
    try:
        links = [entry["url"] for entry in json.loads(page)["files"]]
    except (ValueError, KeyError, TypeError):
        links = [html.unescape(link) for link in re.findall(r"""href\s*=\s*["']([^"']+)""", page)]
    for link in links:
        address = urllib.parse.urljoin(page_url, link)
        if urllib.parse.urlsplit(address).path.rsplit("/", 1)[-1] == PIP_WHEEL:
            return address.partition("#")[0]
    return None


def fetch(url: str, accept: str = "*/*") -> bytes:
    """Read a URL with the certificates and credentials pip would use."""
    import ssl

    parts = urllib.parse.urlsplit(url)
    headers = {"Accept": accept, "User-Agent": "prospecting-bootstrap"}
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        url = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    certificates = os.environ.get("PIP_CERT") or os.environ.get("REQUESTS_CA_BUNDLE") or None
    context = ssl.create_default_context(cafile=certificates)  # SSL_CERT_FILE is honoured by the default
    timeout = float(os.environ.get("PIP_DEFAULT_TIMEOUT") or 30)
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout, context=context) as page:
        return bytes(page.read())


def download_pip(folder: Path) -> Path:
    """Fetch the pinned pip wheel into `folder`, checking its digest."""
    index = configured_index(os.environ, pip_config_files(os.environ)).rstrip("/")
    page_url = f"{index}/pip/"
    shown = re.sub(r"//[^/@]*@", "//", index)
    try:
        page = fetch(page_url, "application/vnd.pypi.simple.v1+json, text/html;q=0.5").decode("utf-8", "replace")
        link = wheel_link(page, page_url)
        if link is None:
            raise BootstrapError(
                f"the package index {shown} does not offer {PIP_WHEEL}; set PIP_INDEX_URL to one that does"
            )
        wheel = fetch(link)
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise BootstrapError(
            f"the package index {shown} cannot be reached ({reason}); check the network, the proxy, or PIP_INDEX_URL"
        ) from error
    if hashlib.sha256(wheel).hexdigest() != PIP_SHA256:
        raise BootstrapError(f"{PIP_WHEEL} from {shown} does not have the expected digest; nothing was installed")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PIP_WHEEL
    path.write_bytes(wheel)
    return path


# ------------------------------------------------------------------ the steps


def create_venv(venv: Path) -> None:
    """Create an environment without pip, replacing whatever is there."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(venv)
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(venv)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise BootstrapError(f"{sys.executable} cannot create a virtual environment: {lines[-1]}")


def ensure_pip(venv: Path) -> None:
    """Make `python -m pip` work inside the environment."""
    python = str(venv / "bin" / "python")
    works = [python, "-m", "pip", "--version"]
    if subprocess.run(works, capture_output=True, check=False).returncode == 0:
        return
    bundled = [python, "-m", "ensurepip", "--default-pip"]
    if subprocess.run(bundled, capture_output=True, check=False).returncode == 0:
        return
    say("this Python came without pip: fetching it from the package index ...")
    wheel = download_pip(venv / "download")
    done = subprocess.run(
        [python, str(wheel / "pip"), "install", "--quiet", "--no-index", "--no-deps", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(wheel.parent)
    if done.returncode:
        raise BootstrapError(f"pip cannot be installed: {(done.stderr.strip().splitlines() or ['no message'])[-1]}")


UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|Temporary failure in name|ConnectTimeout|ReadTimeout|ProxyError|SSLError"
    r"|Connection refused|Network is unreachable|Max retries exceeded|Could not fetch URL|No route to host"
)


def pip_failure(output: str) -> str:
    """One line that says why pip failed, from everything it printed."""
    errors = [line.strip() for line in output.splitlines() if line.startswith("ERROR:")]
    if errors == ["ERROR: Exception:"]:  # pip itself broke: what matters is at the end of the traceback
        errors = []
    last = (errors or output.strip().splitlines() or ["no message"])[0 if errors else -1].removeprefix("ERROR: ")
    last = re.sub(r"//[^/@\s]*@", "//", last)
    if "No space left on device" in output:
        return "the disk is full"
    if wrong := re.search(r"DO NOT MATCH THE HASHES.*?^\s+(\S+==\S+)", output, re.MULTILINE | re.DOTALL):
        return f"what the package index offers as {wrong[1]} is not what was pinned; nothing was installed"
    if UNREACHABLE.search(output):
        return f"the package index cannot be reached; check the network, the proxy, or PIP_INDEX_URL ({last})"
    return last


def failure(root: Path, what: str, output: str) -> BootstrapError:
    """An error of one line, beside a log of everything that pip printed."""
    log = root / ".local" / "logs" / "bootstrap.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(output)
    return BootstrapError(f"{what}: {pip_failure(output)} (full output: {log})")


def pip_install(venv: Path) -> list[str]:
    """The start of a command that installs into the environment, without questions and advice."""
    return [str(venv / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]


def install(root: Path, venv: Path) -> None:
    """Install the pinned requirements with uv, or with pip where uv cannot be had or does not get through.

    A file that does not have one of the hashes of its pin is refused, wherever it came from. The lists are complete, so
    nobody looks for dependencies: for those with extras pip would want a pin of their own.
    """
    pins = "".join((root / name).read_text() for name in REQUIREMENTS)
    total = len(set(re.findall(r"^[A-Za-z0-9][\w.-]*", pins, re.MULTILINE)))
    say(f"installing {total} packages into .venv{SIZES if total > 100 else ''} ...")
    started = time.monotonic()
    if not install_with_uv(root, venv, pins):
        install_with_pip(root, venv, total)
    say(f"installed in {time.monotonic() - started:.0f} s")


def install_with_pip(root: Path, venv: Path, total: int) -> None:
    """Install with pip, showing a line of progress now and then instead of pip's own output."""
    command = [*pip_install(venv), "--progress-bar", "off", "--prefer-binary", *_lists(root)]
    found, step = 0, ""

    def progress(line: str) -> str:
        nonlocal found, step
        found += line.startswith(("Collecting ", "Requirement already satisfied: "))
        if line.startswith("Installing collected packages"):
            step = "unpacking"
        elif step != "unpacking":
            step = f"fetched {min(100, 100 * found // max(1, total))} %"
        return step

    if (output := watched(command, progress, dict(os.environ))) is not None:
        raise failure(root, "installing failed", output)


def install_with_uv(root: Path, venv: Path, pins: str) -> bool:
    """Install with the pinned uv; False, and a line that says why, when that is left to pip."""
    entry = re.search(r"^uv==.*?(?=^\S|\Z)", pins, re.MULTILINE | re.DOTALL)
    if entry is None:
        return False
    settings = uv_settings(pip_configuration(venv), os.environ)
    if isinstance(settings, str):
        say(f"  with pip: uv has no setting like pip's {settings}")
        return False
    named = venv / "uv-requirement.txt"
    named.write_text(entry[0])
    command = [
        *pip_install(venv),
        "--quiet",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--no-deps",
        "-r",
        str(named),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    named.unlink()
    if done.returncode:
        say(f"  with pip: uv cannot be had ({pip_failure(done.stdout + done.stderr)})")
        return False
    if not (venv / "bin" / "uv").exists():
        say("  with pip: uv cannot be had for this kind of machine")
        return False
    command = [str(venv / "bin" / "uv"), "pip", "install", "--no-progress", "--python", str(venv / "bin" / "python")]

    def progress(line: str) -> str:
        return "unpacking" if line.startswith("Prepared") else ""

    output = watched([*command, *_lists(root)], progress, {**os.environ, **settings}, first="fetching")
    if output is not None:
        reason = (re.findall(r"^\s*(?:error|×|├─▶|╰─▶)\W*(.+)$", output, re.MULTILINE) or ["no reason is given"])[-1]
        reason = re.sub(r"//[^/@\s]*@", "//", reason)
        say(f"  with pip: uv did not get through ({reason})")
    return output is None


def _lists(root: Path) -> list[str]:
    """The options that name what is to be installed, to pip and to uv."""
    return ["--require-hashes", "--no-deps", *(word for name in REQUIREMENTS for word in ("-r", str(root / name)))]


def watched(
    command: list[str], progress: Callable[[str], str], environ: Mapping[str, str], first: str = ""
) -> str | None:
    """Run an installer; returns what it printed when it failed, else None.

    `progress` reads a line and says what is going on; that is shown when it changes in kind, and every ten seconds.
    """
    started = shown = time.monotonic()
    output: list[str] = []
    step, kind = first, first.partition(" ")[0]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=environ
    ) as installer:
        assert installer.stdout is not None
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        source = installer.stdout

        def read() -> None:
            for line in source:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        try:
            while True:
                line: str | None = ""
                with contextlib.suppress(queue.Empty):
                    line = lines.get(timeout=1)
                if line is None:
                    break
                if line:
                    output.append(line)
                    step = progress(line) or step
                is_news = step.partition(" ")[0] != kind
                if step and (is_news or time.monotonic() - shown > 10):
                    shown, kind = time.monotonic(), step.partition(" ")[0]
                    say(f"  {step} ({shown - started:.0f} s)")
        except BaseException:
            installer.kill()  # never leave an installer behind that the next run would race with
            raise
    return "".join(output) if installer.returncode else None


# ------------------------------------------------------------------ pip's configuration, for uv

# Options of pip that say where packages come from, and the variables that tell uv the same.
_UV_SETTINGS = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "no-cache-dir": "UV_NO_CACHE",
}
# Options without a meaning here: how pip talks, and versions, of which every one is pinned.
_OF_NO_MEANING = {
    "break-system-packages", "cache-dir", "constraint", "disable-pip-version-check", "no-color", "no-input",
    "no-python-version-warning", "no-warn-script-location", "prefer-binary", "progress-bar", "quiet",
    "require-virtualenv", "require-venv", "resume-retries", "retries", "root-user-action", "verbose",
}  # fmt: skip


def pip_configuration(venv: Path) -> str:
    """Everything that pip has been told by files and variables, as `pip config list` prints it."""
    command = [str(venv / "bin" / "python"), "-m", "pip", "config", "list"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def uv_settings(configuration: str, environ: Mapping[str, str]) -> dict[str, str] | str:
    """The variables that tell uv what pip has been told; or the name of the option that uv has nothing like.

    Variables that are set for uv already stay. As pip does, uv takes the best version from all sources.
    """
    found: dict[str, tuple[int, str]] = {}
    for section, option, value in re.findall(r"^([^.\n]+)\.([\w-]+)=(.*)$", configuration, re.MULTILINE):
        strength = ("global", "install", ":env:").index(section) if section in ("global", "install", ":env:") else -1
        if strength >= found.get(option, (0, ""))[0]:
            found[option] = strength, str(ast.literal_eval(value))
    settings = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for option, (_, value) in found.items():
        if option in _OF_NO_MEANING:
            continue
        words = value.split()
        if (variable := _UV_SETTINGS.get(option)) is None or (option == "find-links" and "," in value):
            return option
        if option in ("no-index", "no-cache-dir"):
            if value.strip().lower() not in ("", "0", "false", "no", "off"):
                settings[variable] = "true"
        elif words:
            settings[variable] = ",".join(words) if option == "find-links" else " ".join(words)
    return {name: value for name, value in settings.items() if not (name.startswith("UV_") and environ.get(name))}


def link_package(root: Path, venv: Path) -> None:
    """Put plugins/ on the environment's import path, as Airflow's components have it, with the package's entry points.

    The link is an editable installation: no second copy of the package, and nothing that needs the network.
    """
    command = [*pip_install(venv), "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--editable", str(root)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise failure(root, "the package cannot be linked into .venv", done.stdout)
    for former in (venv / "lib").glob("python3.*/site-packages/prospecting.pth"):
        former.unlink()


def bootstrap(root: Path, *, named_python: bool) -> None:
    """Bring `<root>/.venv` up to date; does nothing when it already is.

    `named_python`: the user chose this interpreter, so an environment of another version is replaced.
    """
    if not SUPPORTED[0] <= sys.version_info[:2] < SUPPORTED[1]:
        raise BootstrapError(f"Python 3.11 to 3.14 is needed, {sys.executable} is {sys.version.split()[0]}")
    venv = root / ".venv"
    own_version = ".".join(map(str, sys.version_info[:3]))
    wanted = own_version if named_python else None
    if is_complete(root, venv, wanted):
        return
    with exclusive(root / ".local" / "bootstrap.lock"):
        if is_complete(root, venv, wanted):
            return
        try:
            folder = json.loads((venv / "stamp.json").read_text())["folder"]
        except (OSError, ValueError, KeyError, TypeError):
            folder = str(root)
        version = venv_version(venv)
        if version is None or folder != str(root) or (wanted or version) != version:
            say(f"creating .venv with Python {own_version} ({sys.executable})")
            create_venv(venv)
            version = own_version
        (venv / "stamp.json").unlink(missing_ok=True)
        ensure_pip(venv)
        install(root, venv)
        link_package(root, venv)
        unfinished = venv / "stamp.json.new"
        unfinished.write_text(expected_stamp(root, version))
        unfinished.replace(venv / "stamp.json")


def main() -> int:
    """Set the environment up; 0, or 1 with one line on stderr."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        bootstrap(ROOT, named_python=bool(os.environ.get("PYTHON")))
    except (BootstrapError, OSError) as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next run picks up from here")
        interruption.exit_code()
        return interruption.INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
