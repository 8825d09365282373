"""Works at a running line through the page, in a real browser and in one language, and sees that it happens.

usage: walk.py CHROMIUM ADDRESS PASSWORD SKU TEXTS PICTURES_FOLDER FOLDER

The words are looked up in TEXTS, a table of the page's texts. It says `restart inspectd` and `exported FOLDER`, and
waits for a line each time. Anything that is not as it should be ends it with an error.
"""

import pathlib
import re
import sys
import time
import tomllib
import zipfile

from playwright.sync_api import expect, sync_playwright

CHROMIUM, ADDRESS, PASSWORD, SKU, TEXTS, PICTURES, FOLDER = sys.argv[1:8]
LANGUAGE = pathlib.Path(TEXTS).stem
PATIENCE_MS = 30_000
# Until something is seen on a belt with an item a second.
PATIENCE_S = 180


def texts():
    with open(TEXTS, "rb") as table:
        return tomllib.load(table)


TEXT = texts()


def say(key, **places):
    section, name = key.split(".")
    text = TEXT[section][name]
    for place, value in places.items():
        text = text.replace(f"{{{place}}}", value)
    return text


def about(key):
    """The text with anything in its places."""
    section, name = key.split(".")
    return re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(TEXT[section][name])))


def picture(page, name):
    for width, height in [(1024, 768), (390, 844)]:
        page.set_viewport_size({"width": width, "height": height})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is {wide} px too wide at {width}"
        page.screenshot(path=pathlib.Path(PICTURES) / f"line-{name}-{LANGUAGE}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1024, "height": 768})


def items(page):
    answer = page.request.get(f"{ADDRESS}api/items?limit=100")
    assert answer.ok, answer.status
    return answer.json()


def wait_for(page, what, is_one, after=0):
    """The newest item after `after` that is one."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for item in items(page):
            if item["item"] > after and is_one(item):
                return item
        page.wait_for_timeout(300)
    raise AssertionError(f"no item {what}: {items(page)[:3]}")


def newest(page):
    return max((item["item"] for item in items(page)), default=0)


def log_in(page):
    page.goto(ADDRESS)
    page.get_by_label(say("form.name")).fill("anna")
    page.get_by_label(say("form.password")).fill(PASSWORD)
    page.keyboard.press("Enter")


def overview(page):
    """The line inspects, and its items appear by themselves."""
    expect(page.locator("#state")).to_have_text(say("overview.inspecting"))
    expect(page.locator("#items > li").first).to_be_visible()
    first = page.locator("#items > li h3").first.inner_text()
    expect(page.locator("#items > li h3").first).not_to_have_text(first)
    wait_for(page, "has passed", lambda item: item["outcome_kind"] == "passed")


def live(page):
    page.get_by_role("link", name=say("page.live"), exact=True).click()
    page.locator("main a.button").first.click()
    expect(page.locator("#frame")).to_contain_text(about("live.frame_says"))
    page.get_by_role("button", name=say("live.box"), exact=True).click()
    page.get_by_role("button", name=say("live.window"), exact=True).click()
    expect(page.locator("#last-item")).not_to_have_text("")
    picture(page, "live")


def hold(page):
    """A hold has items diverted that nothing else speaks against; lifted, they pass again."""
    page.get_by_role("link", name=say("page.holds"), exact=True).click()
    form = page.locator("form[action='/holds/set'][data-keep]")
    form.get_by_label(say("holds.form_sku"), exact=True).fill(SKU)
    form.get_by_label(say("holds.form_why"), exact=True).fill("seals are to be looked at")
    before = newest(page)
    form.get_by_role("button").click()
    expect(page.locator(".said.good")).to_contain_text(say("holds.was_set", what=say("holds.sku", sku=SKU)))
    held = wait_for(page, "was held and diverted",
                    lambda item: item["reasons"] == ["hold"] and item["outcome_kind"] == "diverted", before)
    assert any("seals are to be looked at" in words for words in held["words"]), held
    page.reload()
    expect(page.locator(".cards li").first).not_to_contain_text(say("holds.diverted", count="0"))
    picture(page, "holds")
    page.locator(".cards summary").first.click()
    page.get_by_label(say("holds.lift_why")).fill("looked at")
    before = newest(page)
    page.locator("form[action='/holds/lift']").get_by_role("button").click()
    expect(page.locator(".said.good")).to_contain_text(about("holds.lifted"))
    # Items whose verdict was on its way when the hold was lifted may still be diverted.
    wait_for(page, "passed after the hold", lambda item: item["outcome_kind"] == "passed", before)


def budget(page):
    """With a larger budget, the limit of the next items is lower, and one is diverted that would have passed."""
    passed = wait_for(page, "was scored", lambda item: item["verdict"] == "pass" and item["views"][0]["threshold"])
    limit = passed["views"][0]["threshold"]
    page.get_by_role("link", name=say("page.thresholds"), exact=True).click()
    expect(page.locator("#budget")).to_contain_text(about("thresholds.in_force"))
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name=say("thresholds.save"))).to_be_enabled()
    picture(page, "thresholds")
    page.get_by_label(say("thresholds.reason")).fill("we would rather look twice")
    before = newest(page)
    page.get_by_role("button", name=say("thresholds.save")).click()
    expect(page.locator(".said.good")).to_contain_text(say("thresholds.saved", percent="10"))
    assert "false_divert_budget = 0.1" in (pathlib.Path(FOLDER) / "line.toml").read_text()

    def would_have_passed(item):
        views = [view for view in item["views"] if view["score"] is not None]
        return (item["reasons"] == ["damage"] and item["outcome_kind"] == "diverted"
                and all(view["threshold"] < limit for view in views)
                and all(view["score"] <= limit for view in views))

    wait_for(page, "was diverted by the new budget alone", would_have_passed, before)


def setting(page):
    """A setting is in force after a restart, and the page says so until then."""
    page.get_by_role("link", name=say("page.settings"), exact=True).click()
    page.goto(f"{ADDRESS}settings/line")
    page.get_by_label("name", exact=True).fill("outbound 9")
    page.get_by_role("link", name=say("settings.review")).click()
    page.get_by_label(say("settings.reason")).fill("it has moved")
    page.get_by_role("button", name=say("settings.save")).click()
    expect(page.locator("#saved")).to_be_visible()
    page.goto(f"{ADDRESS}settings")
    expect(page.locator("#waits")).to_contain_text("line.name")
    print("restart inspectd", flush=True)
    sys.stdin.readline()
    log_in(page)
    expect(page.locator("#line")).to_have_text("outbound 9")
    page.goto(f"{ADDRESS}settings")
    expect(page.locator("#waits")).to_have_count(0)


def record(page):
    """A record is found and labelled, and the export of it is read by inspectctl."""
    found = wait_for(page, "has passed", lambda item: item["outcome_kind"] == "passed")
    page.get_by_role("link", name=say("page.history"), exact=True).click()
    page.get_by_label(say("history.sku")).fill(SKU)
    page.get_by_label(say("history.outcome")).select_option("passed")
    page.get_by_role("button", name=say("history.find")).click()
    page.get_by_role("link", name=str(found["item"]), exact=True).click()
    page.get_by_role("button", name=say("truth.good")).click()
    expect(page.locator(".asked")).to_contain_text(say("answer.was_right"))
    picture(page, "item")
    page.go_back()
    page.goto(f"{ADDRESS}history?sku={SKU}&outcome=passed")
    with page.expect_download() as saved:
        page.get_by_role("link", name=say("history.export_pictures")).click()
    folder = pathlib.Path(FOLDER) / "export"
    with zipfile.ZipFile(saved.value.path()) as export:
        names = export.namelist()
        export.extractall(folder)
    name = f"{found['boot']}-{found['item']}_"
    assert any("/train/good/" in one and name in one for one in names), names[:20]
    print(f"exported {folder}", flush=True)
    sys.stdin.readline()


def main():
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        locale = {"en": "en-GB", "de": "de-DE"}[LANGUAGE]
        context = browser.new_context(ignore_https_errors=True, locale=locale, has_touch=True)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        wrong = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        log_in(page)
        overview(page)
        live(page)
        hold(page)
        budget(page)
        setting(page)
        record(page)
        page.goto(ADDRESS)
        expect(page.locator("#items > li img").first).to_be_visible()
        picture(page, "overview")
        assert not wrong, wrong
        browser.close()


main()
