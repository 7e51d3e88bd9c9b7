"""The web chat by keyboard, on a phone and in dark mode."""

import pytest
from selenium.webdriver.common.keys import Keys
from support.berth import Berth, Tenant
from support.browser import LONG, Page, shoot, wait_for


def test_by_keyboard_alone(tenant: Tenant, page: Page) -> None:
    page.driver.get(tenant.web)
    page.get("form button")
    page.press(Keys.ENTER)
    wait_for(lambda: page.focused() == "text", what="the message box to have the focus")
    page.press("one")
    page.chord(Keys.SHIFT, Keys.ENTER)
    page.press("two")
    assert page.get("#text").get_attribute("value") == "one\ntwo"
    page.press(Keys.BACKSPACE * 7, LONG, Keys.ENTER)
    page.growing()
    page.press(Keys.ESCAPE)
    assert page.answered() == "stopped"
    assert page.focused() == "text"

    # Tab from the start of the page reaches the skip link, then everything in visual order.
    page.driver.refresh()
    wait_for(page.last_answer, what="the history")
    page.driver.execute_script("document.activeElement.blur()")
    seen = []
    for _ in range(40):
        page.press(Keys.TAB)
        seen.append(page.focused())
        if seen[-1] == "text":
            break
    assert [s for s in seen if s != "body"][0] == "Skip to the message box"
    order = ["new", "search", "theme", "logout", "more", "log", "text"]
    assert [s for s in seen if s in order] == order
    # The menu's actions follow its button.
    page.driver.execute_script("document.querySelector('#more').focus()")
    page.press(Keys.ENTER, Keys.TAB)
    assert page.focused() == "rename"
    page.press(Keys.ESCAPE)
    assert page.focused() == "more"
    page.driver.execute_script("document.activeElement.blur()")
    page.driver.refresh()
    wait_for(page.last_answer, what="the history")
    page.driver.execute_script("document.querySelector('.skip').focus()")
    page.press(Keys.ENTER)
    assert page.focused() == "text"


def test_on_a_phone(berth: Berth, tenant: Tenant, phone: Page) -> None:
    phone.enter(berth, tenant)
    phone.get("#text").send_keys("How do I set up code in Swift?")
    phone.get("#send").click()
    assert phone.answered() == "done"
    overflow = "return document.documentElement.scrollWidth - innerWidth"
    assert phone.driver.execute_script(overflow) <= 0
    side = phone.driver.find_element("id", "side")
    assert not side.is_displayed()
    phone.get("#open").click()
    wait_for(side.is_displayed, what="the drawer")
    assert phone.focused() == "shut"
    phone.press(Keys.ESCAPE)
    wait_for(lambda: not side.is_displayed(), what="the drawer to close")
    assert phone.focused() == "open"
    phone.get("#open").click()
    phone.get("#new").click()
    phone.get("#hello")
    wait_for(lambda: not side.is_displayed(), what="the drawer to close")
    small = phone.driver.execute_script("""
        return [...document.querySelectorAll('button, select, textarea')].filter((e) => e.offsetParent)
            .filter((e) => e.getBoundingClientRect().height < 24).map((e) => e.outerHTML)""")
    assert small == [], "touch targets are too small"


#: The WCAG contrast ratio between an element's text and its background.
CONTRAST = """
const rgb = (c) => c.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (e) => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0.99) return c; } return [255, 255, 255]; };
return arguments[0].flatMap((s) => [...document.querySelectorAll(s)]).filter((e) => e.offsetParent && e.textContent.trim())
    .map((e) => { const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
        return [e.id || e.className || e.localName, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]; });
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dark_and_light_are_readable(berth: Berth, tenant: Tenant, page: Page, scheme: str) -> None:
    page.colors(scheme)
    page.driver.get(tenant.web)
    page.get("form button")
    shoot(page, f"login-{scheme}.png")
    page.enter(berth, tenant)
    page.send("How do I see my quota?")
    page.answered()
    shoot(page, f"chat-{scheme}.png")
    dark = page.driver.execute_script(
        "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g)[0] < 128"
    )
    assert dark == (scheme == "dark")
    texts = [
        ".md p",
        ".md code",
        ".md th",
        ".asked",
        ".meta",
        "#hint",
        "#title",
        "#list a",
        "#list h2",
        "#usage span",
        "#usage p",
        "#who",
        "#logout",
        "#new",
    ]
    low = [
        (name, ratio) for name, ratio in page.driver.execute_script(CONTRAST, texts) if ratio < 4.5
    ]
    assert low == []
