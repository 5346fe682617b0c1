"""What the documents promise exists: commands, files, links, DAGs, settings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts import dag_docs

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "include/catalog/README.md"]
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, flags=re.MULTILINE))
TOP = {path.name for path in ROOT.iterdir()} - {".venv", ".local"}


def text_of(document: Path | str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """The anchors GitHub makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_documents_are_there() -> None:
    names = {str(document) for document in DOCUMENTS}
    assert names >= {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/DAGs.md", "docs/deployment.md"}
    assert names >= {"CHANGELOG.md", "SECURITY.md", "docs/operators.md", "docs/existing-airflow.md"}
    assert all((ROOT / name).is_file() for name in ("LICENSE", "NOTICE"))


def test_what_is_fenced_says_its_language() -> None:
    """Airflow renders a fence without one as a running line, and a drawing is lost."""
    for path in sorted((ROOT / "dags").glob("*.py")):
        fences = re.findall(r"^```(.*)$", dag_docs.read_dag(path).text, flags=re.MULTILINE)
        assert fences
        assert all(fences[::2]), path.name
        assert not any(fences[1::2]), path.name


def test_dag_docs_are_current() -> None:
    assert text_of(dag_docs.TARGET) == dag_docs.generate(), "stale; run: make docs"


def test_check_notices_a_stale_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("docs", "dags"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(dag_docs, "ROOT", tmp_path)
    monkeypatch.setattr(dag_docs, "generate", lambda: "what the DAGs say\n")
    assert dag_docs.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert not (tmp_path / dag_docs.TARGET).exists()
    assert dag_docs.main([]) == 0
    assert dag_docs.main(["--check"]) == 0
    (tmp_path / dag_docs.TARGET).write_text("what somebody wrote by hand\n")
    assert dag_docs.main(["--check"]) == 1


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("from airflow.sdk import dag\n\n@dag(dag_id='x')\ndef x(): ...\n", "docstring"),
        ('"""Text."""\n', "exactly one function"),
        ('"""Text."""\n@dag(dag_id=NAME)\ndef x(): ...\n', "dag_id"),
        ('"""Text."""\n@dag(dag_id="x", params=airflow_params(Model))\ndef x(): ...\n', "Model"),
    ],
)
def test_a_dag_file_that_cannot_be_documented_is_named(tmp_path: Path, source: str, complaint: str) -> None:
    path = tmp_path / "x.py"
    path.write_text(source)
    with pytest.raises(ValueError, match=complaint):
        dag_docs.read_dag(path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_make_targets_exist(document: Path) -> None:
    named = set(re.findall(r"(?:`|^|&& )make ([a-z-]+)", text_of(document), flags=re.MULTILINE))
    assert named <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_resolve(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(document)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / document).parent / name if name else ROOT / document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_named_paths_exist(document: Path) -> None:
    """Paths in backticks that begin with something at the top of the checkout, or within the package."""
    package = ROOT / "plugins" / "prospecting"
    rooms = {path.name for path in package.iterdir() if path.is_dir()}
    for path in re.findall(r"`([\w.\-/]+/[\w.\-/]*|\w[\w-]*\.(?:md|yml|toml|txt|in))`", text_of(document)):
        first = path.split("/", 1)[0]
        if first in TOP or "/" not in path:
            beside = ((ROOT / document).parent / path).exists()
            assert (ROOT / path).exists() or (package / path).exists() or beside, path
        elif first in rooms:
            assert (package / path).exists(), path


def test_architecture_names_modules_where_they_are() -> None:
    for folder, cell in re.findall(r"^\| `(plugins/prospecting/\w+/)` \| (.+) \|$", text_of("ARCHITECTURE.md"), re.M):
        for module in re.findall(r"`(\w+\.py)`", cell):
            assert (ROOT / folder / module).is_file(), folder + module


def test_tests_named_as_evidence_exist() -> None:
    for document in (path for path in DOCUMENTS if path.parts[:2] == ("docs", "decisions")):
        for name, path in re.findall(r"`(test_\w+)` in `(tests/[\w/]+\.py)`", text_of(document)):
            assert f"def {name}(" in text_of(path), f"{document}: {name}"


def test_readme_lists_the_dags_that_exist() -> None:
    pages = [dag_docs.read_dag(path) for path in sorted((ROOT / "dags").glob("*.py"))]
    (section,) = re.findall(r"^## DAGs\n(.*?)^## ", text_of("README.md"), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE) == [page.dag_id for page in pages]


def test_decisions_are_all_listed_and_short() -> None:
    pages = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("0*.md"))
    index = text_of("docs/decisions/README.md")
    assert re.findall(r"\]\((0[\w-]+\.md)\)", index) == pages
    for page in pages:
        text = text_of(f"docs/decisions/{page}")
        assert len(text.splitlines()) < 40, page
        for part in ("**Decision.**", "**Why.**", "**A change violates this when** it", "**Evidence.**"):
            assert part in text, f"{page}: {part}"


def test_examples_are_valid_configurations() -> None:
    """Those of the README and the pages it leads to, and the one each DAG with params documents itself with."""
    pages = {page.dag_id: page for page in (dag_docs.read_dag(path) for path in sorted((ROOT / "dags").glob("*.py")))}
    prose = "\n".join(map(text_of, ["README.md", *sorted((ROOT / "docs").glob("*.md"))]))
    examples = re.findall(r"DAG=(\w+) CONF='(\{.*?\})'", prose)
    assert len(examples) > 2
    files = re.findall(r'DAG=(\w+) CONF="\$\(cat ([\w./]+)\)"', prose)
    assert len(files) > 2
    examples += [(dag_id, text_of(path)) for dag_id, path in files]
    for page in (page for page in pages.values() if page.params):
        documented = re.findall(r"```json\n(.*?)```", page.text, flags=re.DOTALL)
        assert documented, page.dag_id
        examples += [(page.dag_id, example) for example in documented]
    for dag_id, example in examples:
        model = pages[dag_id].params
        assert model is not None, dag_id
        model.model_validate(json.loads(example))


def test_documented_settings_of_live_agents_are_those_the_code_reads() -> None:
    section = text_of("docs/live-agents.md")
    code = text_of("plugins/prospecting/hooks/agents.py") + text_of("plugins/prospecting/hooks/connection_extras.py")
    rows = re.findall(r"^\| (?:`prospecting_\w+`|both) \| (.+?) \|", section, flags=re.MULTILINE)
    named = {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}
    for connection in re.findall(r"AIRFLOW_CONN_\w+='(\{.*?\})'", section, flags=re.DOTALL):
        fields = json.loads(connection)
        assert fields["conn_type"] in {"prospecting_llm", "prospecting_search"}
        assert set(fields["extra"]) <= named
    for extra in re.findall(r"--conn-extra '(.*?)'", section):
        assert set(json.loads(extra)) <= named
    assert named >= {"model", "calls_per_minute", "usd_per_search"}
    assert all(f'"{name}"' in code for name in named)
