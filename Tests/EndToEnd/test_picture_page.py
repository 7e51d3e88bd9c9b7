"""Pictures on the chat page: made, shown, opened, deleted, and sent with a question."""

import base64
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from support.berth import Berth, FakeAnthropic, FakeOpenAI, Tenant
from support.browser import Page, chromium, shoot, wait_for

PROMPT = "a red ship on the sea at dawn"


def png(width: int, height: int, noise: bool = False) -> bytes:
    """A picture with a gradient, or with noise, which cannot be compressed."""
    rows = bytearray()
    dice = random.Random(width)
    for y in range(height):
        rows.append(0)
        if noise:
            rows += dice.randbytes(3 * width)
        else:
            blue = y * 255 // height
            rows += b"".join(bytes((x * 255 // width, 80, blue)) for x in range(width))

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "beach.png"
    path.write_bytes(png(640, 480))
    return path


def add(page: Page, *paths: Path) -> None:
    """Chooses files, as the file button does."""
    page.find("#file").send_keys("\n".join(map(str, paths)))


def give(page: Page, event: str, files: list[tuple[str, str, bytes]]) -> None:
    """Pastes or drops files of a name, a type and bytes."""
    page.driver.execute_script(
        """
        const data = new DataTransfer();
        for (const [name, type, text] of arguments[1]) {
            const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
            data.items.add(new File([bytes], name, { type }));
        }
        const init = { bubbles: true, cancelable: true };
        document.getElementById('text').dispatchEvent(arguments[0] === 'paste'
            ? new ClipboardEvent('paste', { ...init, clipboardData: data })
            : new DragEvent(arguments[0], { ...init, dataTransfer: data }));
        """,
        event,
        [(name, kind, base64.b64encode(content).decode()) for name, kind, content in files],
    )


def loaded(page: Page, selector: str) -> bool:
    """Whether all images that match are loaded."""
    script = """
        const all = [...document.querySelectorAll(arguments[0])];
        return all.length > 0 && all.every((i) => i.complete && i.naturalWidth > 0)"""
    return page.driver.execute_script(script, selector)


def boxes(page: Page, selector: str) -> list[tuple[float, float]]:
    """The sizes of all elements that match."""
    script = """return [...document.querySelectorAll(arguments[0])].map((e) => {
        const { width, height } = e.getBoundingClientRect(); return [width, height]; })"""
    return [tuple(size) for size in page.driver.execute_script(script, selector)]


def show(page: Page, selector: str) -> None:
    """Scrolls the first element that matches into view."""
    page.driver.execute_script(
        "document.querySelector(arguments[0]).scrollIntoView({ block: 'center' })", selector
    )


def label(page: Page) -> str:
    """The accessible name of the focused element."""
    return page.driver.execute_script("return document.activeElement.ariaLabel ?? ''")


def test_a_picture_is_made_seen_again_opened_full_and_deleted(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    page.send(f"/image --n 2 {PROMPT}")
    assert page.answered() == "done"
    wait_for(lambda: loaded(page, ".made img"), what="the thumbnails")
    assert [i.get_attribute("alt") for i in page.all(".made img")] == [PROMPT, PROMPT]
    assert page.last_answer() == "", "the answer's Markdown is not shown"
    size = boxes(page, ".made img")
    assert all(width > 100 and height > 100 for width, height in size)

    page.driver.refresh()
    wait_for(lambda: boxes(page, ".made img") == size, what="the same size before it is loaded")
    wait_for(lambda: loaded(page, ".made img"), what="the thumbnails after a reload")
    assert boxes(page, ".made img") == size
    shoot(page, "picture.png")

    page.all(".made .open")[0].send_keys(Keys.ENTER)
    wait_for(lambda: loaded(page, "#viewer img"), what="the full view")
    assert page.text("#viewer-words") == PROMPT and page.text("#viewer-place") == "1 of 2"
    page.press(Keys.ARROW_RIGHT)
    wait_for(lambda: page.text("#viewer-place") == "2 of 2", what="the other picture")
    page.press(Keys.ARROW_RIGHT)
    wait_for(lambda: page.text("#viewer-place") == "1 of 2", what="the first one again")
    assert "/files/" in page.get("#viewer-save").get_attribute("href")
    page.press(Keys.ESCAPE)
    wait_for(lambda: not page.find("#viewer").is_displayed(), what="the view to close")
    assert label(page) == f"Open picture 1 of 2: {PROMPT}", "the focus returns"

    page.all(".made .tools button")[0].click()
    page.get("#ask-no").click()
    assert len(page.all(".made img")) == 2
    page.all(".made .tools button")[0].click()
    page.get("#ask-yes").click()
    assert page.get(".gone").text == "Deleted"
    page.driver.refresh()
    wait_for(lambda: len(page.all(".made img")) == 1, what="the deleted one to stay deleted")
    assert page.get(".gone").text == "Deleted"
    assert boxes(page, ".gone") == [size[0]]
    assert page.complaints() == []


def test_a_picture_is_made_again(berth: Berth, tenant: Tenant, page: Page) -> None:
    page.enter(berth, tenant)
    page.send(f"/image {PROMPT}")
    assert page.answered() == "done"
    page.get(".meta .again").click()
    wait_for(lambda: len(page.all(".turn")) == 2, what="a second turn")
    assert page.answered() == "done"
    assert [e.text for e in page.all(".asked")] == [f"/image {PROMPT}"] * 2
    wait_for(lambda: loaded(page, ".turn:last-child .made img"), what="the second picture")


def test_a_picture_is_sent_with_a_question(
    berth: Berth, tenant: Tenant, page: Page, photo: Path
) -> None:
    page.enter(berth, tenant)
    add(page, photo)
    wait_for(lambda: len(page.all("#tray li")) == 1, what="the preview")
    assert page.get("#send").is_enabled(), "a picture alone can be sent"
    page.send("What colour is it?")
    assert page.answered() == "done"
    assert "1 picture" in page.last_answer()
    assert page.all("#tray li") == []
    for reload in (False, True):
        if reload:
            page.driver.refresh()
        wait_for(lambda: loaded(page, ".given img"), what="the picture in the question")
        assert boxes(page, ".given img") == [(160, 120)]
        assert page.text(".asked") == "What colour is it?"
    page.get(".given .open").click()
    wait_for(lambda: loaded(page, "#viewer img"), what="the full view")
    page.get("#viewer-shut").click()
    assert page.complaints() == []


def test_a_picture_that_was_sent_is_deleted(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page, photo: Path
) -> None:
    settings = own_fake().settings("echo-request")
    settings["models"]["chat"][0]["vision"] = True
    berth = own_berth(**settings)
    page.enter(berth, berth.add_tenant("ann"))
    for words in ("What is it?", "And this?"):
        add(page, photo)
        wait_for(lambda: len(page.all("#tray li")) == 1, what="the preview")
        page.send(words)
        assert page.answered() == "done"
        assert "data:image/jpeg" in page.last_answer(), "the model sees it"
    # A picture far above the end is loaded when it is scrolled to.
    page.driver.execute_script("for (const i of document.querySelectorAll('.given img')) i.loading = 'eager'")
    wait_for(lambda: loaded(page, ".given img"), what="the pictures in the questions")
    size = boxes(page, ".given img")
    bins = page.all(".given .tools button")
    assert len(bins) == 2 and size[0] == size[1]
    assert bins[0].get_attribute("aria-label") == "Delete picture that you sent"
    show(page, ".given img")
    shoot(page, "picture-sent.png")
    # By keyboard: from the picture to its button, and out of the question again.
    page.driver.execute_script("arguments[0].focus()", page.all(".given .open")[0])
    page.press(Keys.TAB)
    assert label(page) == "Delete picture that you sent"
    page.press(Keys.ENTER)
    wait_for(lambda: page.find("#ask").is_displayed(), what="the question")
    page.press(Keys.ESCAPE)
    assert label(page) == "Delete picture that you sent" and len(page.all(".given img")) == 2
    page.press(Keys.ENTER)
    page.get("#ask-yes").send_keys(Keys.ENTER)
    wait_for(lambda: page.all(".given img") == [], what="the picture to go, in both turns")
    assert [gone.text for gone in page.all(".given .gone")] == ["Deleted", "Deleted"]
    assert boxes(page, ".given .gone") == size
    script = "return document.activeElement.classList.contains('gone')"
    assert page.driver.execute_script(script), "the focus stays there"
    page.driver.refresh()
    wait_for(lambda: len(page.all(".given .gone")) == 2, what="it to stay deleted")
    assert page.all(".given img") == [] and boxes(page, ".given .gone") == size
    assert berth.admin("files", "--json")["tenants"][0]["files"] == 0
    page.send("And now?")
    assert page.answered() == "done"
    plain = '{"messages":[{"role":"user","content":"What is it?"}'
    assert page.last_answer().startswith(plain), "the model does not see it any more"
    assert page.complaints() == []


def test_a_picture_without_words_and_a_stopped_question_asked_again(
    berth: Berth, tenant: Tenant, page: Page, photo: Path
) -> None:
    page.enter(berth, tenant)
    add(page, photo)
    page.get("#tray canvas")
    page.get("#send").click()
    page.growing()
    page.press(Keys.ESCAPE)
    assert page.answered() == "stopped"
    page.get(".again").click()
    wait_for(lambda: page.last_state() == "done", what="the other answer")
    assert page.text(".branch span") == "2 / 2"
    assert len(page.all(".given img")) == 1, "the picture stays with the message"


def test_pictures_are_pasted_dropped_and_removed(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    small = png(8, 8)
    give(page, "paste", [("a.png", "image/png", small)])
    give(page, "drop", [("b.png", "image/png", small), ("notes.txt", "text/plain", b"hello")])
    wait_for(lambda: len(page.all("#tray li")) == 2, what="two previews")
    assert page.text("#notice") == "“notes.txt” is not a picture."
    names = lambda: [e.get_attribute("aria-label") for e in page.all("#tray canvas")]  # noqa: E731
    assert names() == ["a.png", "b.png"]
    page.all("#tray button")[0].send_keys(Keys.ENTER)
    assert names() == ["b.png"] and label(page) == "Remove b.png"
    give(page, "paste", [(f"{n}.png", "image/png", small) for n in range(20)])
    wait_for(lambda: len(page.all("#tray li")) == 8, what="eight previews")
    assert page.text("#notice") == "A message takes at most 8 pictures."
    page.get("#new").click()
    assert page.all("#tray li") != [], "an empty conversation is the same one"
    assert page.complaints() == []


def test_a_large_picture_takes_no_memory_of_the_scripts(
    berth: Berth, tenant: Tenant, page: Page, tmp_path: Path
) -> None:
    page.enter(berth, tenant)
    path = tmp_path / "noise.png"
    path.write_bytes(png(2400, 1600, noise=True))
    assert path.stat().st_size > 10 << 20
    heap = "window.gc?.(); return performance.memory.usedJSHeapSize"
    before = page.driver.execute_script(heap)
    add(page, path)
    page.get("#tray canvas")
    page.send("What is it?")
    assert page.answered(180) == "done"
    wait_for(lambda: loaded(page, ".given img"), what="the thumbnail")
    assert page.driver.execute_script(heap) - before < 8 << 20
    script = "return document.querySelector('.given img').naturalWidth"
    assert page.driver.execute_script(script) == 512, "a thumbnail is shown"


def test_a_file_that_is_no_picture_is_refused_in_words_and_stays(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    html = b"<html><body>hi</body></html>"
    files = [("a.png", "image/png", png(8, 8)), ("b.png", "image/png", html)]
    give(page, "paste", files)
    page.send("What is this?")
    notice = page.get("#notice").text
    assert notice.startswith("Picture 2: this is") and "not a picture" in notice
    assert page.get("#text").get_attribute("value") == "What is this?"
    assert len(page.all("#tray li")) == 2 and page.all(".turn") == []
    page.all("#tray button")[1].click()
    page.get("#send").click()
    assert page.answered() == "done"


def test_a_full_quota_is_told_in_words(
    own_berth: Callable[..., Berth], page: Page, photo: Path
) -> None:
    berth = own_berth(quotas={"files": 1})
    page.enter(berth, berth.add_tenant("ann"))
    give(page, "paste", [(f"{n}.png", "image/png", png(8 + n, 8)) for n in range(2)])
    page.send("What are these?")
    assert "1 files, which is the limit" in page.get("#notice").text
    assert len(page.all("#tray li")) == 2


def test_a_model_that_does_not_see_is_named_with_one_that_does(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page
) -> None:
    settings = own_fake().settings("plain", "echo")
    settings["models"]["chat"][1]["vision"] = True
    berth = own_berth(**settings)
    page.enter(berth, berth.add_tenant("ann"))
    give(page, "paste", [("a.png", "image/png", png(8, 8))])
    page.send("Hello")
    assert page.answered() == "done"
    page.driver.refresh()
    wait_for(lambda: "fake/echo" in page.text(".turn .meta"), what="the first that sees is asked")
    page.send("/model fake/plain")
    page.answered()
    give(page, "paste", [("a.png", "image/png", png(8, 8))])
    page.send("And now?")
    notice = page.get("#notice").text
    assert "fake/plain does not see pictures" in notice and "fake/echo" in notice


def test_anthropic_gets_pictures_in_its_own_form(
    own_berth: Callable[..., Berth], tmp_path: Path, page: Page, photo: Path
) -> None:
    fake = FakeAnthropic(tmp_path).start()
    try:
        settings = fake.settings("echo")
        settings["models"]["chat"][0]["vision"] = True
        berth = own_berth(**settings)
        page.enter(berth, berth.add_tenant("ann"))
        add(page, photo)
        page.get("#tray canvas")
        # The fake refuses a request that Anthropic would refuse.
        for words in ("What colour is it?", "And what shape?"):
            page.send(words)
            assert page.answered() == "done"
            assert page.last_answer() == words
    finally:
        fake.process.end()


def test_pictures_fit_a_narrow_phone(berth: Berth, tenant: Tenant, photo: Path) -> None:
    phone = Page(chromium(320, 640, phone=True))
    try:
        phone.enter(berth, tenant)
        phone.colors("dark")
        phone.get("#text").send_keys(f"/image {PROMPT}")
        phone.get("#send").click()
        assert phone.answered() == "done"
        wait_for(lambda: loaded(phone, ".made img"), what="the thumbnail")
        add(phone, photo)
        phone.get("#tray canvas")
        wide = """return Math.max(document.documentElement.scrollWidth,
            document.getElementById('turns').scrollWidth)"""
        assert phone.driver.execute_script(wide) <= 320
        shoot(phone, "picture-phone.png")
        phone.get(".made .open").click()
        wait_for(lambda: loaded(phone, "#viewer img"), what="the full view")
        assert boxes(phone, "#viewer img")[0][0] <= 320
        phone.get("#viewer-shut").click()
        phone.get("#text").send_keys("What is it?")
        phone.get("#send").click()
        assert phone.answered() == "done"
        wait_for(lambda: loaded(phone, ".given img"), what="the picture in the question")
        assert phone.driver.execute_script(wide) <= 320
        width, height = boxes(phone, ".given .tools button")[0]
        assert width >= 24 and height >= 24, "a finger hits it"
        show(phone, ".given img")
        shoot(phone, "picture-sent-phone.png")
        phone.get(".given .tools button").click()
        phone.get("#ask-yes").click()
        assert phone.get(".given .gone").text == "Deleted"
        assert phone.complaints() == []
    finally:
        phone.driver.quit()
