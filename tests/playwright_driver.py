"""Playwright's driver, started once a process: a second one beside it refuses to start."""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Playwright


@cache
def playwright_driver() -> Playwright:
    """The driver, stopped when the process ends."""
    from playwright.sync_api import sync_playwright

    driver = sync_playwright().start()
    atexit.register(driver.stop)
    return driver
