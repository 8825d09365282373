"""The line at a glance: the overview, what it says of old data, and the history."""

import json
import pathlib
import sys

from playwright.sync_api import expect

from visit import ADDRESS, check, cut_while_sending


def overview(page):
    """What is wrong, the devices and the items stand there; a touch shows the heat map."""
    expect(page.locator("#state")).to_have_text("Not inspecting")
    expect(page.locator("#problem-list")).to_contain_text("Check its cable.")
    expect(page.locator("#line")).to_have_text("outbound 3")
    expect(page.locator("#counts")).to_contain_text("1,234")
    expect(page.locator("#devices")).to_contain_text("PLC")
    item = page.locator("#items > li").first
    expect(item).to_contain_text("Item 3")
    expect(item).to_contain_text("score 4.50, limit 3.00")
    expect(item).to_contain_text("Outcome: diverted")
    picture = item.get_by_role("button")
    assert "side.png" in picture.locator("img").get_attribute("src")
    picture.focus()
    page.keyboard.press("Enter")
    shown = page.locator("#items > li").first.get_by_role("button")
    assert "side-heat.png" in shown.locator("img").get_attribute("src")
    expect(shown).to_be_focused()
    check(page, "overview")


def grows_old(page):
    """Where no stream is free the page asks, and tells an inspectd that is silent from one that is well; what cannot be
    read any more says so where it stands."""
    def silent(route):
        route.fulfill(json=route.fetch().json() | {"age_ms": 65_000})

    page.route("**/api/live", lambda route: route.fulfill(status=503))
    page.reload()
    expect(page.locator("#polling")).to_contain_text("asks every 5 seconds")
    expect(page.locator("#state")).to_have_text("Not inspecting")
    expect(page.locator("#trouble")).to_be_hidden()
    def without_clock(route):
        route.fulfill(json=route.fetch().json() | {"since": None})

    page.route("**/api/today", without_clock)
    expect(page.locator("#no-day")).to_contain_text("The clock of the box is doubted")
    expect(page.locator("#today")).to_be_hidden()
    expect(page.locator("#chart")).to_be_hidden()
    page.unroute("**/api/today")
    expect(page.locator("#no-day")).to_be_hidden()
    expect(page.locator("#today")).to_be_visible()
    page.route("**/api/status", silent)
    expect(page.locator("#trouble-title")).to_have_text("Old data")
    expect(page.locator("#trouble-says")).to_contain_text("nothing new for 65 seconds")
    page.unroute("**/api/status")
    expect(page.locator("#trouble")).to_be_hidden()
    beat = {"age_ms": 100, "items_age_ms": 45_000, "today_age_ms": 31_000}
    body = f"retry: 500\nevent: beat\ndata: {json.dumps(beat)}\n\n"
    page.unroute("**/api/live")
    page.route("**/api/live", lambda route: route.fulfill(body=body, content_type="text/event-stream"))
    expect(page.locator("#items-old")).to_contain_text("not read its records for 40 seconds")
    expect(page.locator("#today-old")).to_contain_text("not counted its records for 30 seconds")
    check(page, "overview-unread")
    page.unroute("**/api/live")
    expect(page.locator("#items-old")).to_be_hidden()
    expect(page.locator("#today-old")).to_be_hidden()


def history(page):
    """What is searched is found, and each item has a page of its own."""
    page.get_by_role("link", name="History").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_label("Reason").select_option("label")
    page.get_by_role("button", name="Find").click()
    expect(page.locator(".empty")).to_contain_text("No kept item matches")
    page.get_by_label("Reason").select_option("damage")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    check(page, "history")
    with page.expect_download() as table:
        page.get_by_role("link", name="Save as CSV").click()
    lines = pathlib.Path(table.value.path()).read_text().splitlines()
    assert len(lines) == 4 and "CARTON-17" in lines[1], lines
    page.get_by_role("link", name="3", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Item 3")
    expect(page.locator("#content")).to_contain_text("side: unlike the normal ones at 40, 30")
    page.get_by_text("Say more about the damage").click()
    page.get_by_label("Kind of damage").select_option("deformed")
    page.get_by_label("Note").fill("a dent")
    cut_while_sending(page, page.get_by_role("button", name="It is damaged"))
    expect(page.get_by_label("Note")).to_have_value("a dent")
    page.get_by_role("button", name="It is damaged").click()
    expect(page.locator(".asked")).to_contain_text("It is damaged, deformed, says anna")
    expect(page.locator(".asked")).to_contain_text("The box was right.")
    page.get_by_role("button", name="It is good").click()
    expect(page.locator(".asked")).to_contain_text("The box was wrong.")
    check(page, "item")


def connection_lost(page):
    """An open page says that it hears nothing, and since when."""
    page.goto(ADDRESS)
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#items > li").first).to_be_visible()
    print("cut", flush=True)
    sys.stdin.readline()
    expect(page.locator("#trouble-title")).to_have_text("Verbindung verloren")
    expect(page.locator("#state")).to_have_text("Verbindung verloren")
    check(page, "connection-lost")
