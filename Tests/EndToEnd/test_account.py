"""A person's account on the page: the name, a second device by its code, the logins."""

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions
from support.berth import Berth, Tenant
from support.browser import Page, shoot, wait_for


def open_account(page: Page) -> None:
    page.get("#more").click()
    page.get("#account").click()
    page.get("#account-logins li")


def test_a_second_device_logs_in_with_the_code_and_is_logged_out(
    berth: Berth, tenant: Tenant, page: Page, phone: Page
) -> None:
    page.enter(berth, tenant)
    open_account(page)
    page.get("#account-add").click()
    code = page.get("output.code").text
    assert page.get(".qr path").get_attribute("d").startswith("M4 4h7")
    assert page.get(".qr").size["width"] > 100
    assert page.driver.switch_to.active_element.text == code
    shoot(page, "second-device.png")

    phone.driver.get(berth.url)
    phone.get(".card a[href='/login']").click()
    wait_for(lambda: phone.focused() != "body", what="the field to have the focus")
    phone.press("wrong", Keys.ENTER)
    assert "code is wrong" in phone.get(".message").text
    phone.get("input.code").send_keys(code.lower().replace("-", " "), Keys.ENTER)
    phone.get("#text")
    assert tenant.name in phone.text("#who")

    wait_for(lambda: len(page.all("#account-logins li")) == 2, what="the second login")
    wait_for(lambda: not page.all("output.code"), what="the code to go once it was used")
    assert "this browser" in page.text("#account-logins")
    out = page.get("#account-logins button")
    assert "Log out Chrome on" in out.get_attribute("aria-label")
    out.click()
    wait_for(lambda: len(page.all("#account-logins li")) == 1, what="the end of the second login")
    phone.driver.get(berth.url)
    assert "Log in with your link" in phone.get(".card").text
    assert page.complaints() == []


def test_the_account_by_keyboard_with_a_new_name(berth: Berth, tenant: Tenant, page: Page) -> None:
    page.enter(berth, tenant)
    open_account(page)
    page.get("#account-name").send_keys(Keys.CONTROL, "a")
    page.press("Анна 安娜", Keys.ENTER)
    wait_for(lambda: page.text("#who") == "Анна 安娜", what="the new name")
    assert "saved" in page.get("#account-said").text
    page.press(Keys.TAB)
    page.press(Keys.TAB)
    assert page.focused() == "account-add"
    page.press(Keys.ENTER)
    page.get("output.code")
    unnamed = page.driver.execute_script("""
        return [...document.querySelectorAll('#account-dialog :is(button, input, svg, output)')]
            .filter((e) => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim()))
            .map((e) => e.outerHTML)""")
    assert unnamed == []
    page.press(Keys.ESCAPE)
    wait_for(lambda: not page.driver.find_element("id", "account-dialog").is_displayed(), what="the end")
    page.driver.refresh()
    page.get("#text")
    wait_for(lambda: page.text("#who") == "Анна 安娜", what="the name after a reload")


def test_a_used_link_leads_a_logged_in_browser_to_the_chat(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.log_in(tenant.web)
    page.log_in(tenant.web)


def test_a_passkey_logs_in_without_an_operator(berth: Berth, tenant: Tenant, page: Page) -> None:
    # Browsers have passkeys for names only.
    url = berth.url.replace("127.0.0.1", "localhost")
    options = VirtualAuthenticatorOptions(
        protocol=VirtualAuthenticatorOptions.Protocol.CTAP2,
        transport=VirtualAuthenticatorOptions.Transport.INTERNAL,
        has_resident_key=True,
        has_user_verification=True,
        is_user_verified=True,
    )
    page.driver.add_virtual_authenticator(options)
    page.driver.get(f"{url}/web/icon.svg")
    name, _, value = berth.log_in(tenant.web).partition("=")
    page.driver.add_cookie({"name": name, "value": value, "path": "/", "httpOnly": True})
    page.driver.get(url)
    page.get("#text")
    open_account(page)
    page.get("#account-passkey").click()
    field = page.get("#account-passkeys input")
    field.clear()
    field.send_keys("钥匙", Keys.ENTER)
    wait_for(lambda: "name is saved" in page.text("#account-said"), what="the new name")
    # The device has one now, and says so.
    shoot(page, "passkey.png")
    page.get("#account-passkey").click()
    assert "passkey already" in page.get("#account-problem").text
    page.get("#account-close").click()

    page.get("#logout").click()
    page.get(".card a[href='/login']").click()
    page.get("#passkey").click()
    page.get("#text")
    assert tenant.name in page.text("#who")
    open_account(page)
    wait_for(lambda: "used" in page.text("#account-passkeys li span"), what="its last use")
    assert page.get("#account-passkeys input").get_attribute("value") == "钥匙"

    page.get("#account-passkeys button").click()
    wait_for(lambda: not page.all("#account-passkeys li"), what="no passkeys")
    page.get("#account-close").click()
    page.get("#logout").click()
    page.get(".card a[href='/login']").click()
    page.get("#passkey").click()
    assert "not known" in page.get(".message").text


def test_at_an_address_the_page_says_why_there_are_no_passkeys(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    open_account(page)
    assert "https address with a name" in page.get("#account-dialog").text
    assert page.all("#account-passkey") == []
    page.driver.get(f"{berth.url}/login")
    page.get("input.code")
    assert not page.driver.find_element("id", "passkey").is_displayed()
