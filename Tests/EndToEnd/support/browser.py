"""Drives the chat page in a headless Chromium."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from support.berth import Berth, Tenant

Value = TypeVar("Value")

#: A question whose answer by the demo takes about ten seconds.
LONG = "Tell me a long story"

#: The folder that screenshots are written to, such as `docs`. Without it none are written.
SHOTS = os.environ.get("BERTH_SCREENSHOTS")


def wait_for(probe: Callable[[], Value], seconds: float = 60, what: str = "") -> Value:
    """Polls `probe` until it returns a true value. Fails with the last value after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            value = probe()
        except StaleElementReferenceException:
            value = None
        except WebDriverException as error:
            # chromedriver reports this if the element's page was just replaced by the next one.
            if "does not belong to the document" not in (error.msg or ""):
                raise
            value = None
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s for {what or probe}: {value!r}"
        time.sleep(0.02)


def chromium(width: int = 1280, height: int = 860, phone: bool = False) -> Chrome:
    """Starts a headless browser without any state. A phone has touch and cannot hover."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    # Tests run as root in containers, with a small /dev/shm and without a user namespace.
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.add_argument(f"--window-size={width},{height}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if phone:
        metrics = {"width": width, "height": height, "pixelRatio": 2, "touch": True, "mobile": True}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    return Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def shoot(page: "Page", name: str) -> None:
    """Writes a screenshot if somebody wants to look at it."""
    if SHOTS:
        page.driver.save_screenshot(str(Path(SHOTS) / name))


class Page:
    """The chat page in one browser."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def find(self, selector: str) -> WebElement | None:
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def get(self, selector: str, seconds: float = 60) -> WebElement:
        """Waits for the first visible element that matches."""
        shown = lambda: next((e for e in self.all(selector) if e.is_displayed()), None)  # noqa: E731
        return wait_for(shown, seconds, f"a visible {selector}")

    def text(self, selector: str) -> str:
        """All text of the first match, visible or not; empty if nothing matches."""
        script = "return document.querySelector(arguments[0])?.textContent ?? ''"
        return self.driver.execute_script(script, selector)

    def log_in(self, link: str) -> None:
        """Follows a login link, presses its button and waits for the page."""
        self.driver.get(link)
        self.get("form button").click()
        self.get("#text")

    def enter(self, berth: Berth, tenant: Tenant) -> None:
        """Opens the page already logged in, because real logins are limited to ten a minute."""
        self.driver.get(f"{berth.url}/web/icon.svg")
        name, _, value = berth.log_in(tenant.web).partition("=")
        self.driver.add_cookie({"name": name, "value": value, "path": "/", "httpOnly": True})
        self.driver.get(berth.url)
        self.get("#text")

    def send(self, text: str) -> None:
        """Types a message and sends it with Enter."""
        self.get("#text").send_keys(text + "\n")

    def last_answer(self) -> str:
        script = "return [...document.querySelectorAll('.turn')].at(-1)?.querySelector('.md').textContent"
        return self.driver.execute_script(script) or ""

    def last_state(self) -> str:
        return self.driver.execute_script(
            "return [...document.querySelectorAll('.turn')].at(-1)?.dataset.state ?? ''"
        )

    def answered(self, seconds: float = 60) -> str:
        """Waits until the last turn has ended and returns its state."""
        ended = lambda: self.last_state() in ("done", "stopped", "failed", "uncertain")  # noqa: E731
        wait_for(ended, seconds, "the turn's end")
        return self.last_state()

    def growing(self, characters: int = 40) -> str:
        """Waits until the answer has `characters`. The turn must still be running then."""
        wait_for(lambda: len(self.last_answer()) > characters, what="the answer to grow")
        assert self.last_state() in ("accepted", "running")
        return self.last_answer()

    def press(self, *keys: str) -> None:
        """Presses keys one after another on the focused element."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, held: str, key: str) -> None:
        """Presses `key` while `held` is down."""
        ActionChains(self.driver).key_down(held).send_keys(key).key_up(held).perform()

    def focused(self) -> str:
        """The id of the focused element, or its text if it has no id."""
        return self.driver.execute_script(
            "const e = document.activeElement;"
            "return e === document.body ? 'body' : e.id || e.textContent.trim() || e.localName"
        )

    def colors(self, scheme: str) -> None:
        """Makes the system prefer `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def complaints(self) -> list[str]:
        """Errors in the browser's console, including CSP violations."""
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] == "SEVERE"]
