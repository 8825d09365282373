"""What each visit of the page needs: who visits, and how every page is looked at."""

import json
import pathlib
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

CHROMIUM, ADDRESS, CODE, FOLDER = sys.argv[1:5]
PASSWORD = "three green boxes"
WIDTHS = [(1280, 800), (1024, 768), (390, 844)]
# Pixels that a finger in a glove needs.
TARGET = 48
PATIENCE_MS = 30_000
LOOKS = {"day": ("Day", "Tag"), "night": ("Night", "Nacht")}
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, nav a, .button, input, select, summary")]
  .filter((one) => one.type !== "hidden" && one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().height < least)
  .map((one) => one.outerHTML.slice(0, 120))"""


def check(page, name):
    """Every width, by day and by night: nothing sticks out, targets are large, axe finds nothing serious."""
    for look in LOOKS:
        page.emulate_media(color_scheme="dark" if look == "night" else "light")
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{name} is {wide} px too wide at {width}"
            small = page.evaluate(SMALL_TARGETS, TARGET)
            assert not small, f"{name} at {width}: smaller than {TARGET} px: {small}"
            if look == "day" or width == 1024:
                path = pathlib.Path(FOLDER) / f"{name}-{width}-{look}.png"
                page.screenshot(path=path, full_page=width != 1280)
            found = Axe().run(page).response["violations"]
            bad = [(one["id"], one["nodes"][0]["html"][:160], one["nodes"][0].get("failureSummary", ""))
                   for one in found if one["impact"] in ("serious", "critical")]
            assert not bad, f"axe on {name} at {width} by {look}: {json.dumps(bad, indent=1)}"
    page.set_viewport_size({"width": 1024, "height": 768})


def log_in(page, name):
    page.goto(ADDRESS)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("Not inspecting")


def cut_while_sending(page, button):
    """What is sent without a network stays, and says so."""
    page.context.set_offline(True)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
    page.context.set_offline(False)
