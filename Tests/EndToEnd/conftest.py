import pytest
from support.browser import Page, chromium


@pytest.fixture
def page():
    driver = chromium()
    yield Page(driver)
    driver.quit()
