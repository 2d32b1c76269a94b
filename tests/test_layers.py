"""Who may import whom, read from the source: the layers of the design and one home for each heavy library."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("analysis", "flows", "reports")
FILES = {path.relative_to(ROOT).as_posix(): path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))}
HOMES = {
    "prefect": "flows/",
    "jinja2": "reports/",
    "bertopic": "analysis/themes.py",
    "spacy": "analysis/anonymise/",
    "presidio_analyzer": "analysis/anonymise/",
    "sentence_transformers": "analysis/embed.py",
    "textblob": "analysis/phrases.py",
    "torch": "analysis/embed.py",
    "transformers": "analysis/embed.py",
}
HEAVY = [
    "spacy",
    "torch",
    "bertopic",
    "presidio_analyzer",
    "prefect",
    "openpyxl",
    "sentence_transformers",
    "sklearn",
    "textblob",
]


def imported(source: str, package: str) -> Iterator[str]:
    """Every module a source file imports, wherever in the file; relative imports spelt out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


IMPORTS = {
    name: frozenset(imported(path.read_text(encoding="utf-8"), ".".join(Path(name).parent.parts)))
    for name, path in FILES.items()
}


def importers(library: str) -> set[str]:
    """Files that import a library by statement, or by name as importlib does."""
    by_statement = {name for name, modules in IMPORTS.items() if any(m.split(".")[0] == library for m in modules)}
    by_name = (f'find_spec("{library}")', f'import_module("{library}")')
    return by_statement | {
        name for name, path in FILES.items() if any(call in path.read_text(encoding="utf-8") for call in by_name)
    }


def test_the_reader_of_imports_sees_every_form() -> None:
    source = (
        "import a.b\ndef f():\n  from c import d\nfrom . import e\nfrom .g import h\nif TYPE_CHECKING:\n  import i as j"
    )
    found = set(imported(source, "analysis.anonymise"))
    assert {"a.b", "c", "c.d", "analysis.anonymise.e", "analysis.anonymise.g.h", "i"} <= found


def test_analysis_knows_neither_flows_nor_reports() -> None:
    assert {
        name for layer in ("flows", "reports") for name in importers(layer) if name.startswith("analysis/")
    } == set()


def test_reports_take_only_the_types_from_analysis_and_nothing_from_flows() -> None:
    allowed = ("analysis.types", "analysis.errors", "analysis.files")
    for name in (name for name in IMPORTS if name.startswith("reports/")):
        ours = {module for module in IMPORTS[name] if module.split(".")[0] in LAYERS and module != "analysis"}
        strange = {each for each in ours if not each.startswith((*allowed, "reports"))}
        assert strange == set(), name
    assert "analysis.types" in IMPORTS["reports/render.py"]


@pytest.mark.parametrize(("library", "home"), HOMES.items())
def test_a_library_is_imported_in_its_home_only(library: str, home: str) -> None:
    found = importers(library)
    assert found, f"{library} is used nowhere: delete the rule"
    assert {name for name in found if not name.startswith(home)} == set()


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = f"import sys, json, flows.cli; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
