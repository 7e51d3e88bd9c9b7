"""The web chat in a real browser, starting from the login link."""

import re
from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from support.berth import Berth, FakeOpenAI, Tenant
from support.browser import LONG, Page, wait_for
from support.queue import callers, until_asked


def choose(page: Page, model: str) -> None:
    Select(page.get("#model")).select_by_value(model)


def test_log_in_send_watch_the_answer_grow_stop_and_find_the_history(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.log_in(tenant.web)
    assert tenant.name in page.text("#hello h2")
    page.send(LONG)
    first = page.growing()
    wait_for(lambda: len(page.last_answer()) > len(first), what="the answer to grow on")
    page.get("#stop").click()
    assert page.answered() == "stopped"
    text = page.last_answer()
    assert page.focused() == "text", "the focus stays in the message box"

    page.driver.refresh()
    wait_for(lambda: page.last_answer() == text, what="the history")
    assert page.text(".asked") == LONG
    assert page.last_state() == "stopped"
    assert page.complaints() == []


def test_a_whole_answer_is_shown_with_its_cost_and_usage_counts_it(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    # The message names the tenant, because a cached answer costs nothing.
    page.send(f"Hello Berth, I am {tenant.name}")
    assert page.answered() == "done"
    assert "demo" in page.last_answer().lower()
    assert "tokens" in page.text(".turn .meta")
    wait_for(lambda: page.text("#usage").startswith("1 of "), what="the usage line to count it")


def test_a_running_answer_continues_after_a_reload(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    page.send(LONG)
    before = page.growing()
    page.driver.refresh()
    again = page.growing()
    assert again[:40] == before[:40]
    page.get("#stop").click()
    assert page.answered() == "stopped"


def test_a_stopped_question_can_be_asked_again(berth: Berth, tenant: Tenant, page: Page) -> None:
    page.enter(berth, tenant)
    page.send(LONG)
    page.growing()
    page.press(Keys.ESCAPE)
    assert page.answered() == "stopped"
    page.get(".again").click()
    page.growing()
    assert [e.text for e in page.all(".asked")] == [LONG]
    page.press(Keys.ESCAPE)
    page.answered()
    # The stopped answer is kept as the other version.
    assert page.text(".branch span") == "2 / 2"


def test_a_login_link_works_once(berth: Berth, tenant: Tenant, page: Page, phone: Page) -> None:
    page.log_in(tenant.web)
    phone.driver.get(tenant.web)
    phone.get("form button").click()
    assert "/web" in phone.get(".message").text
    assert not phone.get("main").find_elements("css selector", "form button")[0].is_displayed()
    phone.driver.get(berth.url)
    assert "berth tenant link" in phone.get(".card").text
    phone.log_in(berth.new_link(tenant.name))


def test_logging_out_ends_the_cookie(berth: Berth, tenant: Tenant, page: Page) -> None:
    page.enter(berth, tenant)
    page.get("#logout").click()
    assert "link" in page.get(".card").text
    page.driver.get(berth.url)
    assert "link" in page.get(".card").text
    assert "tenant" not in page.text("#who")


def test_several_conversations(berth: Berth, tenant: Tenant, page: Page) -> None:
    page.enter(berth, tenant)
    page.send("Hello from the first")
    page.answered()
    page.get("#new").click()
    page.get("#hello")
    page.send("Hello from the second")
    page.answered()
    titles = lambda: [e.text for e in page.all("#list a")]  # noqa: E731
    wait_for(lambda: len(titles()) == 2 and all("Hello" in t for t in titles()), what="two titles")

    page.all("#list a")[1].click()
    wait_for(lambda: page.text(".asked") == "Hello from the first", what="the first conversation")
    page.get("#more").click()
    page.get("#rename").click()
    page.get("#ask-text").send_keys("A better name\n")
    wait_for(lambda: page.text("#title") == "A better name", what="the new name")
    page.driver.refresh()
    wait_for(lambda: "A better name" in titles(), what="the new name after a reload")

    page.get("#more").click()
    page.get("#delete").click()
    page.get("#ask-no").click()
    assert len(titles()) == 2
    page.get("#more").click()
    page.get("#delete").click()
    page.get("#ask-yes").click()
    wait_for(lambda: titles() == ["Hello from the second"], what="the deleted one to go")
    page.driver.refresh()
    wait_for(lambda: titles() == ["Hello from the second"], what="it stays deleted")


def test_commands_are_answered_in_the_conversation(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    page.send("/help")
    assert page.answered() == "done"
    assert "/usage" in page.last_answer()


PROBES = """<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2">
<svg onload="window.pwned = 3"><iframe srcdoc="<script>parent.pwned = 4</script>"></iframe>
[a](javascript:window.pwned=5) [b](JAVASCRIPT:window.pwned=6) [c](data:text/html,<script>parent.pwned=7</script>)
[d](https://x.example/"onmouseover="window.pwned=8) ![e](x"onerror="window.pwned=9) <style>*{display:none}</style>
`<b>code</b>` **<b>bold</b>** | <i>a</i> | ```<b onclick=window.pwned=10>
"""


@pytest.mark.parametrize(
    "wrap", ["{}", "```html\n{}\n```", "> {}", "- {}", "| a |\n|---|\n| {} |", "# {}"]
)
def test_answers_cannot_inject_markup_or_scripts(
    faked: Berth, faked_tenant: Tenant, page: Page, wrap: str
) -> None:
    page.enter(faked, faked_tenant)
    choose(page, "fake/echo")
    text = wrap.replace("{}", PROBES.replace("\n", " ") if wrap[0] in "|#" else PROBES)
    # The text is set by script, because typing a newline would send the message.
    page.driver.execute_script(
        "const t = document.getElementById('text'); t.value = arguments[0];"
        "t.dispatchEvent(new Event('input')); document.getElementById('send').click()",
        text,
    )
    assert page.answered() == "done"
    for reload in (False, True):
        if reload:
            page.driver.refresh()
            wait_for(page.last_answer, what="the history")
        bad = page.driver.execute_script("""
            const parts = [...document.querySelectorAll('.turn *, #list *, #title *')];
            return parts.filter((e) => e.matches('script, img, iframe, style, object, embed, form, svg, b, i')
                || [...e.attributes].some((a) => a.name.startsWith('on') || /^\\s*(javascript|data):/i.test(a.value)))
                .map((e) => e.outerHTML)""")
        assert bad == []
        for link in page.all(".md a"):
            assert link.get_attribute("href").startswith(("http://", "https://", "mailto:"))
            assert "noopener" in link.get_attribute("rel")
        assert "window.pwned" in page.last_answer(), "the probe is shown as text"
        assert page.driver.execute_script("return window.pwned") is None
    assert page.complaints() == []


def test_a_failed_answer_says_why_and_offers_to_ask_again(
    faked: Berth, faked_tenant: Tenant, page: Page
) -> None:
    page.enter(faked, faked_tenant)
    choose(page, "fake/error-midway")
    page.send("Please fail")
    assert page.answered() == "failed"
    assert len(page.text(".note")) > 10
    assert page.get(".again").is_displayed()
    assert "sk-fake" not in page.driver.page_source


def test_a_used_up_quota_shows_the_wait_and_keeps_the_text(
    own_berth: Callable[..., Berth], page: Page
) -> None:
    berth = own_berth(quotas={"requests_per_day": 1, "tokens_per_day": 1_000_000})
    page.enter(berth, berth.add_tenant("ann"))
    page.send("Hello")
    assert page.answered() == "done"
    page.send("Hello once more")
    notice = page.get("#notice").text
    assert "You can send again in" in notice
    assert page.get("#text").get_attribute("value") == "Hello once more"
    assert len(page.all(".turn")) == 1


def test_an_answer_cut_off_by_kill_is_marked_and_can_be_asked_again(
    own_berth: Callable[..., Berth], page: Page
) -> None:
    berth = own_berth(uncertain={"ask_again_below": 0})
    page.enter(berth, berth.add_tenant("ann"))
    page.send(LONG)
    page.growing()
    berth.kill()
    wait_for(lambda: "Connection lost" in page.text(".note"), what="the notice of the loss")
    berth.start()
    assert page.answered() == "uncertain"
    assert "unknown whether" in page.text(".note")
    page.driver.refresh()
    page.get(".again").click()
    page.growing()


def test_a_cheap_answer_cut_off_by_kill_is_asked_again_by_itself(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page
) -> None:
    fake = own_fake("--tokens", "30", "--token-ms", "100")
    berth = own_berth(**fake.settings("fake"))
    page.enter(berth, berth.add_tenant("ann"))
    page.send("Hello")
    page.growing()
    berth.kill()
    berth.start()
    assert page.answered() == "done"
    assert page.last_answer().count("token1 ") == 1 and "token30" in page.last_answer()


def test_an_answer_cut_off_by_a_restart_continues_by_itself(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page
) -> None:
    # The answer takes longer than a stopping service waits.
    fake = own_fake("--tokens", "30", "--token-ms", "500")
    berth = own_berth(**fake.settings("fake"))
    page.enter(berth, berth.add_tenant("ann"))
    page.send("Hello")
    page.growing()
    assert berth.stop() == 0
    wait_for(lambda: "continue by itself" in page.text(".note"), what="the notice of the restart")
    assert "token1" in page.last_answer(), "the text so far stays"
    assert [b for b in page.all(".again") if b.is_displayed()] == []
    berth.start()
    assert page.answered() == "done"
    assert "token30" in page.last_answer() and page.last_answer().count("token1 ") == 1
    assert page.text(".note") == ""


def test_a_waiting_message_shows_its_queue_position_until_the_answer_begins(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page
) -> None:
    fake = own_fake("--delay-ms", "2000")
    berth = own_berth(**fake.settings("fake", concurrency=1))
    ann, ben = callers(berth, 2)
    page.enter(berth, ben.tenant)
    asked = [ann.begin(f"slot {n}") for n in range(2)]
    until_asked(fake, 1)
    page.send("And I?")
    place = wait_for(lambda: page.text(".place"), what="the queue position")
    assert re.match(r"(\d+ before you|You are next) · ≈ \d+ (sec|min)$", place)
    wait_for(lambda: place in page.text("#say"), what="the announcement for screen readers")
    assert page.answered() == "done"
    assert page.text(".place") == ""
    assert page.complaints() == []
    for connection in asked:
        connection.close()


def test_a_lost_connection_keeps_the_message(own_berth: Callable[..., Berth], page: Page) -> None:
    berth = own_berth()
    page.enter(berth, berth.add_tenant("ann"))
    berth.kill()
    page.send("Hello, is anybody there?")
    assert "cannot be reached" in page.get("#notice").text
    assert page.get("#text").get_attribute("value") == "Hello, is anybody there?"
    berth.start()
    page.press(Keys.ENTER)
    assert page.answered() == "done"


def test_older_turns_load_when_scrolling_up(berth: Berth, tenant: Tenant, page: Page) -> None:
    page.enter(berth, tenant)
    page.send("/help")
    page.answered()
    # Makes sixty short turns by the page's own requests.
    page.driver.set_script_timeout(200)
    page.driver.execute_async_script("""
        const done = arguments[0];
        const path = `/web/sessions/${location.hash.slice(1)}/turns`;
        (async () => {
            for (let n = 1; n <= 60; n += 1) {
                const headers = { 'Content-Type': 'application/json' };
                const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify({ text: `hello ${n}` }) });
                const reader = answer.body.getReader();
                const first = new TextDecoder().decode((await reader.read()).value);
                const id = JSON.parse(first.match(/data: ?(.*)/)[1]).id;
                await fetch(`/web/turns/${id}/stop`, { method: 'POST' });
                while (!(await reader.read()).done);
            }
        })().then(done, done)""")
    page.driver.refresh()
    wait_for(lambda: "hello 60" in page.driver.page_source, what="the newest turn")
    assert page.driver.execute_script(
        "const l = document.getElementById('log'); return l.scrollHeight - l.scrollTop - l.clientHeight < 3"
    )
    shown = len(page.all(".asked"))
    assert shown < 60
    page.driver.execute_script("document.getElementById('log').scrollTop = 0")
    wait_for(lambda: len(page.all(".asked")) == 60, what="all turns")
    numbers = [int(e.text.split()[-1]) for e in page.all(".asked")]
    assert numbers == list(range(1, 61))
    assert page.driver.execute_script("return document.getElementById('log').scrollTop") > 500


def test_a_growing_answer_does_not_scroll_away_what_is_being_read(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.driver.set_window_size(1000, 420)
    page.enter(berth, tenant)
    page.send(LONG)
    scroll = "const l = document.getElementById('log'); "
    wait_for(
        lambda: page.driver.execute_script(scroll + "return l.scrollTop") > 300,
        what="it to scroll along",
    )
    page.driver.execute_script(scroll + "l.scrollTop = 100")
    length = len(page.last_answer())
    wait_for(lambda: len(page.last_answer()) > length + 200, what="the answer to grow on")
    assert page.driver.execute_script(scroll + "return l.scrollTop") == 100
    page.get("#latest").click()
    wait_for(
        lambda: page.driver.execute_script(scroll + "return l.scrollTop") > 300, what="the end"
    )
    page.get("#stop").click()
    page.answered()
