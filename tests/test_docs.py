"""Pages that lead somewhere: links between them, and a way to each."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in subprocess.check_output(["git", "ls-files", "*.md"], cwd=ROOT, text=True).split()]


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_titles_that_are_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        led_to = page.parent / name if name else page
        assert led_to.exists(), target
        assert not anchor or anchor in _anchors(led_to), target


@pytest.mark.parametrize("directory", ["docs", "docs/decisions"])
def test_each_page_of_the_docs_is_named_in_their_contents(directory):
    contents = (ROOT / directory / "README.md").read_text(encoding="utf-8")
    for page in PAGES:
        if page.parent == ROOT / directory and page.name != "README.md":
            assert f"({page.name})" in contents
