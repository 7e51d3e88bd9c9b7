"""The page's Markdown renderer, tested in a browser without a Berth service."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.browser import Page, wait_for

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "Sources" / "BerthChannels" / "Web"


class Files(SimpleHTTPRequestHandler):
    """Serves `/web/` from the sources and `/tests/` from this folder."""

    def translate_path(self, path: str) -> str:
        root, _, name = path.split("?", 1)[0].lstrip("/").partition("/")
        return str({"web": WEB, "tests": HERE}.get(root, HERE) / Path(name).name)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files() -> str:
    """The base address of a file server for the sources."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=functools.partial(server.serve_forever, 0.05))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_markdown_cases_hold_in_the_browser(files: str, page: Page) -> None:
    page.driver.get(f"{files}/tests/markdown_test.html")
    results = wait_for(lambda: page.driver.execute_script("return window.results"), seconds=60)
    problems = [f"{r['name']}\n   {r['problem']}" for r in results if r["problem"]]
    assert not problems, "\n".join(problems)
    assert len(results) > 200
