"""Walks through the technicians' page as people do, in a real browser.

usage: walk.py CHROMIUM ADDRESS SET_UP_CODE PICTURES_FOLDER

It says `edit` when the line file is to be edited on the box, `colleague` when somebody is to put other cameras into it and
`colleague is gone` when it is to be as before, `cut` when the page is to be stopped, and `unplug` when the
camera is; it waits for a line then, and goes on to see what an open page says. Anything that is not as it should be ends
it with an error.
"""

from playwright.sync_api import expect, sync_playwright

from the_cameras import live, live_in_german
from the_goods import holds, products, thresholds
from the_line import connection_lost, grows_old, history, overview
from the_people import in_german, people, set_up, technician
from the_settings import settings
from visit import CHROMIUM, PATIENCE_MS


def main():
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        context = browser.new_context(ignore_https_errors=True, locale="en-GB", has_touch=True)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        wrong = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and "Content Security" in said.text
                and wrong.append(said.text))
        set_up(page)
        overview(page)
        grows_old(page)
        history(page)
        holds(page)
        products(page)
        thresholds(page)
        live(page)
        settings(page, context)
        people(page)
        technician(page)
        in_german(page)
        live_in_german(page)
        connection_lost(page)
        assert not wrong, wrong
        browser.close()


main()
