"""Who is answered, and with what: this machine's own page alone, and of the deck only what is shown."""

from __future__ import annotations

import http.client
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from deckwright.preview.editor import editor_of
from deckwright.preview.server import deck_token
from deckwright.problems import WrongUseError
from tests.preview.conftest import Preview
from tests.preview.test_page import open_note

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Start = Callable[..., Preview]


def ask(preview: Preview, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer; ``path`` is below the token unless it begins with a slash."""
    url = urlsplit(preview.address)
    connection = http.client.HTTPConnection("127.0.0.1", url.port or 0, timeout=10)
    try:
        connection.request(method, path if path.startswith("/") else url.path + path, headers=headers)
        answer = connection.getresponse()
        is_stream = answer.headers["Content-Type"] == "text/event-stream"
        return answer.status, dict(answer.headers), b"" if is_stream else answer.read()
    finally:
        connection.close()


ADDRESSES = ["", "deck", "checked", "note?key=one", "search?words=a", "events", "page.js", "card.html"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_forged_host_or_another_origin_is_refused_everywhere(start: Start, path: str) -> None:
    preview = start()
    port = urlsplit(preview.address).port
    assert ask(preview, path)[0] == 200
    assert ask(preview, path, Host=f"localhost:{port}")[0] == 200
    assert ask(preview, path, Origin=f"http://127.0.0.1:{port}")[0] == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{(port or 0) + 1}", ""):
        assert ask(preview, path, Host=host)[0] == 403
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{port}", f"http://localhost:{port}"):
        assert ask(preview, path, Origin=origin)[0] == 403


def test_without_the_token_nothing_is_answered(start: Start) -> None:
    preview = start()
    token = urlsplit(preview.address).path.strip("/")
    assert len(token) >= 40
    for path in ("/", "/deck", "/events", f"/{token[:-1]}/deck", f"/{token}x/deck", f"/x/{token}/deck", "/é/"):
        status, _, body = ask(preview, quote(path))
        assert (status, token.encode() in body) == (403, False)


def test_the_token_is_random_kept_and_the_users_own(tmp_path: Path) -> None:
    tokens = [deck_token(tmp_path / name) for name in ("a", "b", "a")]
    assert tokens[0] == tokens[2] != tokens[1]
    if os.name == "posix":
        folder = Path(os.environ["DECKWRIGHT_CACHE"], "preview")
        assert {file.stat().st_mode & 0o077 for file in folder.iterdir()} == {0}


def test_every_answer_keeps_others_out(start: Start) -> None:
    preview = start()
    for path in (*ADDRESSES, "nowhere", "/"):
        headers = ask(preview, path)[1]
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe-eval" not in policy


def test_only_what_is_shown_is_served(start: Start) -> None:
    preview = start()
    (preview.root / "secret.txt").write_text("secret")
    (preview.root / "link.svg").symlink_to("/etc/passwd")
    preview.write("02-more/five.md", "## Five {#five}\n\n![a](../link.svg) ![b](../../out.svg)\n")
    (preview.root.parent / "out.svg").write_text("<svg/>")
    note = json.loads(ask(preview, "note?key=one")[2])
    picture = note["cards"][0]["back"].split('src="')[1].split('"')[0]
    assert ask(preview, picture)[2].startswith(b"<svg")
    assert ask(preview, "note?key=five")[0] in (200, 404)
    for path in (
        *("deck.toml", "secret.txt", "link.svg", "01-basics/one.md", "01-basics/dot.svg", "mathjax/", "index.html"),
        *("../deck.toml", "%2e%2e/deck.toml", "mathjax/../package.json", "mathjax/%2e%2e/package.json"),
        *("mathjax//etc/passwd", "/etc/passwd", "%2fetc%2fpasswd", "mathjax/%2fetc%2fpasswd", "a%00b", "out.svg"),
    ):
        assert ask(preview, path)[0] in (403, 404), path
    (preview.root / "01-basics/dot.svg").unlink()
    (preview.root / "01-basics/dot.svg").symlink_to("/etc/passwd")
    assert ask(preview, picture)[0] == 404


def test_another_page_can_neither_read_nor_frame_the_preview(start: Start, browser: Browser, tmp_path: Path) -> None:
    """Even one that knows the address: a page from disk, whose origin is another."""
    preview = start()
    page = browser.new_page()
    blank = tmp_path / "other.html"
    blank.write_text("<!doctype html><title>other</title>", encoding="utf-8")
    page.goto(blank.as_uri())
    reach = "address => fetch(address).then(() => 'read', () => 'refused')"
    assert page.evaluate(reach, f"{preview.address}deck") == "refused"
    stream = "address => new Promise(done => { const e = new EventSource(address); e.onopen = () => done('read');"
    assert page.evaluate(f"{stream} e.onerror = () => done('refused') }})", f"{preview.address}events") == "refused"
    page.set_content(f'<iframe src="{preview.address}"></iframe>')
    page.wait_for_timeout(500)
    assert page.frames[1].locator("#list").count() == 0
    page.close()


def test_a_script_in_a_card_does_not_run(start: Start, page: Page) -> None:
    preview = start()
    planted = '<img src="dot.svg" alt="x" onerror="parent.hit=1" onload="parent.hit=1"><script>parent.hit=1</script>'
    preview.write("01-basics/bad.md", f"## Bad {{#bad}}\n\n{planted} [x](javascript:parent.hit=1)\n")
    preview.live.current()
    card = open_note(page, preview, "one")
    expect(page.locator(".note")).to_have_count(5)
    card = open_note(page, preview, "bad")
    expect(card.locator("#qa")).to_contain_text("Bad")
    page.keyboard.press("Space")
    expect(card.locator(".dw-short")).to_be_visible()
    for link in card.locator("a").all():
        link.click()
    page.wait_for_timeout(300)
    assert page.evaluate("window.hit") is None
    expect(page.locator("#about li").first).to_be_visible()


@pytest.mark.parametrize(
    ("editor", "address"),
    [
        ("vscode", "vscode://file{file}:1:4"),
        ("zed", "zed://file{file}:1:4"),
        ("jetbrains", "idea://open?file={file}&line=1&column=4"),
        ("my://{line}@{path}", "my://1@{file}"),
    ],
)
def test_the_source_opens_at_its_line(start: Start, page: Page, editor: str, address: str) -> None:
    preview = start(editor)
    note = json.loads(ask(preview, "note?key=one")[2])
    wanted = address.replace("{file}", str(preview.root / "01-basics/one.md"))
    assert note["edit"] == wanted or note["edit"].replace("file/", "file//", 1) == wanted
    assert ask(preview, "open?path=01-basics/one.md", "POST", Origin=preview.address.rsplit("/", 2)[0])[2] == (
        b'{"opened":false}'
    )


def test_a_command_opens_only_files_of_the_deck(start: Start, page: Page, tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = tmp_path / "editor.py"
    script.write_text(f"import sys; open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')", encoding="utf-8")
    preview = start(f"{sys.executable} {script} {{path}} {{line}} {{column}}")
    open_note(page, preview, "four")
    with page.expect_response("**/open?*") as answer:
        page.keyboard.press("e")
    assert answer.value.json() == {"opened": True}
    for _ in range(100):
        if log.exists() and log.read_text().endswith("\n"):
            break
        page.wait_for_timeout(50)
    assert log.read_text() == f"{preview.root / '02-more/three.md'} 5 4\n"
    origin = preview.address.rsplit("/", 2)[0]
    for path in ("/etc/passwd", "../log", "01-basics/dot.svg", "nowhere.md", ""):
        assert ask(preview, f"open?path={path}", "POST", Origin=origin)[2] == b'{"opened":false}'
    assert ask(preview, "open?path=01-basics/one.md", "POST")[0] == 404
    assert ask(preview, "open?path=01-basics/one.md&line=x", "POST", Origin=origin)[0] == 400


def test_an_editor_that_names_no_file_is_refused() -> None:
    for wanted in ("emacs", "x://{file}", "code {0}", "{"):
        with pytest.raises(WrongUseError, match="is not an editor; give one of vscode, jetbrains, zed"):
            editor_of(wanted)


def test_without_node_mathjax_comes_from_a_public_server_and_the_page_says_so(
    start: Start, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here that server cannot be reached either: the TeX source stands where the formula would."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DECKWRIGHT_CACHE", str(tmp_path / "cache"))
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.abort())
    preview = start()
    card = open_note(page, preview, "one")
    expect(page.locator("#notice")).to_contain_text("its script is checked, its fonts are not")
    page.keyboard.press("Space")
    expect(card.locator(".dw-short")).to_contain_text(r"\(x_1\)")
    expect(page.locator("#notice")).to_contain_text("formulas are shown as their TeX source")
    html = ask(preview, "card.html")[2].decode()
    assert 'src="https://cdn.jsdelivr.net/npm/mathjax@3.2.2/es5/tex-chtml-full.js" integrity="sha384-' in html
    assert "https://cdn.jsdelivr.net" in ask(preview, "card.html")[1]["Content-Security-Policy"]
