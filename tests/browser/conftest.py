"""A real browser against the real server: the whole ASGI application, on the test's database."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect

from conftest import PASSWORD
from staff.models import User

expect.set_options(timeout=15_000)  # milliseconds; a machine with two suites at once is slow, not wrong
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker("browser")
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not CHROMIUM and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(reason="NO BROWSER: install chromium, or set CHROMIUM to one"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    if not CHROMIUM:
        pytest.fail("No browser found, and CI promises one.")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": [*as_root, *quiet]}


@pytest.fixture
def house(transactional_db, settings) -> Iterator[str]:
    """The address of a running house; its threads are gone when the test ends."""
    from scrm.asgi import application

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.SCRM_URL = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(
        uvicorn.Config(application, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=3)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield settings.SCRM_URL
    # Not by force: a page in the middle of its answer would wait for ever, and the run with it.
    server.should_exit = True
    thread.join(10)
    connections.close_all()


class Visitor:
    """A person at a screen, and everything that went wrong on it."""

    def __init__(self, context: BrowserContext, house: str) -> None:
        self.house = house
        self.context = context
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def goes_to(self, path: str) -> Page:
        self.page.goto(self.house + path)
        return self.page

    def signs_in(self, user: User) -> Page:
        self.goes_to("/sign-in/")
        self.page.fill("#id_username", user.username)
        self.page.fill("#id_password", PASSWORD)
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url(lambda address: "/sign-in/" not in address)
        return self.page


@pytest.fixture
def visitor(browser: Browser, house: str) -> Iterator[Callable[..., Visitor]]:
    """`visitor(width=390)` sits down at a screen of that width."""
    contexts = []

    def sit_down(width: int = 1366, language: str = "en-US") -> Visitor:
        phone = width < 768
        context = browser.new_context(
            viewport={"width": width, "height": 844 if phone else 900},
            has_touch=phone,
            is_mobile=phone,
            locale=language,
        )
        contexts.append(context)
        return Visitor(context, house)

    yield sit_down
    for context in contexts:
        context.close()
