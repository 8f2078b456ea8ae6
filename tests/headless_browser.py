"""Drive a headless browser to use a page and to see what the page does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import needs
from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

OPTIONS = (
    "--headless",
    "--no-sandbox",  # root can't use the sandbox, and the pages shown are made by the tests
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
NAMES = ("chromium", "chromium-browser", "headless_shell", "google-chrome")


class Browser:
    """A page as a reader sees and uses it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, fragment: str = "") -> None:
        """Show a page."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(f"{page.resolve().as_uri()}{fragment}")

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what JavaScript finds on the page."""
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        """Return the text of an element as it is shown."""
        return str(self.run("return document.querySelector(arguments[0]).innerText", selector))

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all such elements that are shown."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(e => e.checkVisibility()).map(e => e.innerText.trim())"
        )
        return list(self.run(script, selector))

    def press(self, selector: str, *keys: str) -> None:
        """Give an element the focus, and press keys there."""
        self.run("document.querySelector(arguments[0]).focus()", selector)
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def choose(self, selector: str, text: str) -> None:
        """Choose the first entry of a list that begins with a text."""
        found = Select(self.driver.find_element(By.CSS_SELECTOR, selector))
        (value, *_) = (
            option.get_property("value") for option in found.options if option.text.startswith(text)
        )
        found.select_by_value(str(value))

    @property
    def announced(self) -> str:
        """The last text announced to a screen reader."""
        return self.text("[aria-live]")

    def console(self) -> list[str]:
        """Return the browser's error messages since the page was opened."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requested(self) -> list[str]:
        """Return the addresses requested since the page was opened."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        return [
            str(message["params"]["request"]["url"])
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def asks(self) -> bool:
        """Return whether a dialog is open, and dismiss it."""
        try:
            self.driver.switch_to.alert.dismiss()
        except NoAlertPresentException:
            return False
        return True


@contextmanager
def browser(folder: Path, *options: str) -> Iterator[Browser]:
    """Start a browser that keeps its user data in a folder."""
    chosen = webdriver.ChromeOptions()
    chosen.binary_location = needs.one_of(*NAMES)
    for option in (*OPTIONS, f"--user-data-dir={folder}", *options):
        chosen.add_argument(option)
    chosen.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chosen.set_capability("unhandledPromptBehavior", "ignore")
    service = Service(needs.program("chromedriver"))
    driver = webdriver.Chrome(options=chosen, service=service)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
