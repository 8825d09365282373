"""Walks through the technicians' page as people do, in a real browser.

usage: walk.py CHROMIUM ADDRESS SET_UP_CODE PICTURES_FOLDER

It says `edit` when the line file is to be edited on the box, `colleague` when somebody is to put other cameras into it and
`colleague is gone` when it is to be as before, `cut` when the page is to be stopped, and `unplug` when the
camera is; it waits for a line then, and goes on to see what an open page says. Anything that is not as it should be ends
it with an error.
"""

import json
import pathlib
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

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


def set_up(page):
    page.goto(ADDRESS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up this page")
    check(page, "set-up")
    page.get_by_label("Set-up code").fill(CODE.lower())
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill("another one")
    page.get_by_role("button", name="Make the first engineer").click()
    expect(page.get_by_role("alert")).to_contain_text("differ")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.keyboard.press("Enter")


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


def cut_while_sending(page, button):
    """What is sent without a network stays, and says so."""
    page.context.set_offline(True)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
    page.context.set_offline(False)


def technician(page):
    """A technician operates the line, sees its settings, and finds no way to change them or people."""
    log_in(page, "theo")
    for name in ["People", "Audit log"]:
        assert page.get_by_role("link", name=name).count() == 0, name
    page.get_by_role("link", name="Holds", exact=True).click()
    expect(page.locator("form[action='/holds/set'][data-keep]")).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("link", name="Save pictures as ZIP")).to_be_visible()
    page.get_by_role("link", name="3", exact=True).click()
    expect(page.get_by_role("button", name="It is good")).to_be_visible()
    page.get_by_role("link", name="Thresholds").click()
    expect(page.locator("#budget")).to_contain_text("in force")
    assert page.get_by_role("button", name="Use this budget").count() == 0
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="policy", exact=True).click()
    expect(page.get_by_label("verdict_margin_ms", exact=True)).to_be_disabled()
    check(page, "settings-technician")
    for path in ["people", "audit", "settings/review"]:
        refused = page.goto(f"{ADDRESS}{path}")
        assert refused.status == 403, f"{path}: {refused.status}"
    check(page, "refused")
    page.get_by_role("link", name="To the overview").click()
    page.get_by_role("button", name="Log out").click()


def holds(page):
    """A suspect batch is held with one touch; a hold is set, lifted and set again; the cut network loses nothing."""
    page.get_by_role("link", name="Holds", exact=True).click()
    expect(page.locator("#content")).to_contain_text("Nothing is on hold.")
    expect(page.locator("#content")).to_contain_text("3 of 3 items failed")
    page.get_by_role("button", name="Hold this batch").click()
    expect(page.get_by_role("status")).to_contain_text("On hold: Lot L-77 of CARTON-17.")
    form = page.locator("form[action='/holds/set'][data-keep]")
    form.get_by_label("SKU").fill("TEA-3")
    page.context.set_offline(True)
    form.get_by_label("Why").fill("broken seals")
    form.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing was sent")
    page.wait_for_timeout(10_000)
    page.context.set_offline(False)
    page.reload()
    form = page.locator("form[action='/holds/set'][data-keep]")
    expect(form.get_by_label("Why")).to_have_value("broken seals")
    form.get_by_label("For how long").select_option("8")
    form.get_by_label("Why").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("On hold: All items of TEA-3.")
    expect(form.get_by_label("Why")).to_have_value("")
    check(page, "holds")
    card = page.locator(".cards li", has_text="All items of TEA-3")
    card.locator("summary").click()
    card.get_by_label("Why may its items").fill("seals are whole again")
    card.get_by_role("button", name="Lift").click()
    expect(page.get_by_role("status")).to_contain_text("Lifted: All items of TEA-3.")
    expect(page.locator(".cards li", has_text="TEA-3")).to_have_count(0)
    page.get_by_role("button", name="Set it again").click()
    expect(page.locator(".cards li", has_text="TEA-3")).to_have_count(1)


def products(page):
    """A product is found, its pictures are seen, one is removed; it is pinned only once it has a reference."""
    page.get_by_role("link", name="Products").click()
    page.get_by_label("SKU").fill("carton")
    page.keyboard.press("Enter")
    expect(page.locator(".cards li")).to_have_count(1)
    expect(page.locator(".cards li")).to_contain_text("Learning: 5 of 8")
    check(page, "products")
    page.get_by_role("link", name="CARTON-17").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CARTON-17")
    expect(page.locator(".pictures img")).to_have_count(5)
    page.locator(".pictures img").last.scroll_into_view_if_needed()
    expect(page.locator(".pictures img").last).to_have_js_property("naturalWidth", 320)
    check(page, "product")
    page.locator(".pictures button").first.click()
    expect(page.get_by_role("status")).to_contain_text("The item is removed.")
    expect(page.locator(".pictures img")).to_have_count(4)
    page.get_by_role("button", name="Pin").click()
    expect(page.get_by_role("alert")).to_contain_text("no reference yet")
    page.get_by_text("Forget", exact=True).first.click()
    expect(page.locator("form[action$='/forget']")).to_contain_text("Its references and pictures are removed.")


# The share of the canvas's pixels, from x to x + w and y to y + h, that are about of that colour.
SHARE = """([colour, [x, y, w, h]]) => {
  const canvas = document.getElementById("picture");
  const { data } = canvas.getContext("2d").getImageData(x, y, w, h);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (colour.every((level, channel) => Math.abs(level - data[at + channel]) < 30)) count += 1;
  }
  return count / (w * h);
}"""
RED, BLACK, GREEN, WHITE, YELLOW, GREY = (
    (255, 40, 40), (0, 0, 0), (0, 255, 90), (255, 255, 255), (255, 210, 63), (90, 90, 90))
# Parts of what camera `side` sees: see main.rs.
FULL, SQUARES, PLAIN = (20, 20, 120, 300), (170, 20, 140, 440), (340, 20, 280, 300)


def until(page, what, is_so):
    """Waits for what a canvas shows, which no locator can tell."""
    for _ in range(PATIENCE_MS // 100):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError(what)


def live(page):
    """A picture comes, each overlay is drawn where it should be and nowhere else, and it can be frozen."""
    page.get_by_role("link", name="Live view").click()
    check(page, "live-cameras")
    page.get_by_role("link", name="Camera side").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Live view: side")
    expect(page.locator("#frame")).to_contain_text("640 × 480 pixels")
    expect(page.locator("#saturated")).to_have_text("25 % of the picture")
    expect(page.locator("#last-item")).to_contain_text("Item 3 · divert · score 4.50, limit 3.00, p-value 0.000032")

    def share(colour, part):
        return page.evaluate(SHARE, [colour, part])

    def switch(name):
        button = page.get_by_role("button", name=name, exact=True)
        is_on = button.get_attribute("aria-pressed") == "true"
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false" if is_on else "true")

    until(page, "the picture is drawn", lambda: share(GREY, PLAIN) > 0.99 and share(WHITE, FULL) > 0.99)
    switch("Over-exposure")
    until(page, "stripes on the full quarter", lambda: share(RED, FULL) > 0.4 and share(BLACK, FULL) > 0.4)
    assert share(GREY, PLAIN) > 0.99, "stripes where nothing is lost"
    expect(page.locator("#says")).to_contain_text("Stripes are where light is at full brightness")
    switch("Over-exposure")
    until(page, "no stripes", lambda: share(WHITE, FULL) > 0.99)
    switch("Focus aid")
    until(page, "edges glow", lambda: share(GREEN, SQUARES) > 0.05)
    assert share(GREEN, PLAIN) == 0, "it glows where no edge is"
    sharp = int(page.locator("#sharpness").inner_text())
    assert 60 < sharp <= 100, f"squares of one level each are sharp, not {sharp}"
    check(page, "live-focus")
    switch("Focus aid")
    expect(page.locator("#focus")).to_be_hidden()
    switch("Item found")
    box = (352, 96, 240, 288)
    until(page, "the box is drawn", lambda: share((255, 89, 100), (box[0] - 4, box[1], 8, box[3])) > 0.1)
    expect(page.locator("#says")).to_contain_text("where item 3 was found")
    switch("Item found")
    switch("Item window")
    until(page, "its middle is drawn", lambda: share(YELLOW, (318, 0, 4, 480)) > 0.2)
    expect(page.locator("#window")).to_have_text("450 mm behind the entry eye, ± 40 mm")
    switch("Item window")
    switch("Grid")
    until(page, "thirds are drawn", lambda: share(WHITE, (424, 20, 6, 100)) > 0.2)
    switch("Grid")
    switch("Histogram")
    until(page, "it is drawn", lambda: share(BLACK, (400, 362, 230, 60)) > 0.1 and share(WHITE, (400, 362, 230, 116)) > 0)
    switch("Histogram")
    until(page, "nothing is drawn", lambda: share(GREY, PLAIN) > 0.99)
    switch("Heat map")
    until(page, "it glows", lambda: share((172, 68, 45), PLAIN) > 0.9)

    page.get_by_role("button", name="Freeze").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#frozen")).to_contain_text("the picture stands still")
    number = page.locator("#frame").inner_text().split(",")[0]
    page.wait_for_timeout(1500)
    assert page.locator("#frame").inner_text().split(",")[0] == number, "it goes on"
    switch("Heat map")
    until(page, "switches work on a frozen picture", lambda: share(GREY, PLAIN) > 0.99)
    switch("Freeze")
    expect(page.locator("#frame")).not_to_contain_text(number)

    for name in ["Item window", "Item found", "Heat map", "Histogram", "Grid"]:
        switch(name)
    page.reload()
    expect(page.get_by_role("button", name="Grid", exact=True)).to_have_attribute("aria-pressed", "true")
    until(page, "what was on is drawn again", lambda: share(YELLOW, (318, 0, 4, 480)) > 0.2)
    check(page, "live")
    switch("Full screen")
    assert page.evaluate("document.fullscreenElement.id") == "stage"
    switch("Full screen")
    page.route("**/live.mjpeg", lambda route: route.fulfill(status=401))
    page.goto(f"{ADDRESS}live/side")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    assert page.url.endswith("/log-in?next=%2Flive%2Fside"), f"where it goes on: {page.url}"
    page.unroute("**/live.mjpeg")
    wrong = page.goto(f"{ADDRESS}live/cellar")
    assert wrong.status == 404, wrong.status
    expect(page.get_by_role("alert")).to_contain_text("There is no camera cellar")


def live_in_german(page):
    """The same in German; and a camera that is unplugged is told in words."""
    page.goto(ADDRESS)
    page.get_by_role("link", name="Live-Bild").click()
    page.get_by_role("link", name="Kamera side").click()
    expect(page.locator("#frame")).to_contain_text("Bildpunkte")
    expect(page.locator("#last-item")).to_contain_text("Artikel 3 · ausschleusen · Wert 4,50, Grenze 3,00")
    expect(page.locator("#trouble")).to_be_hidden()
    print("unplug", flush=True)
    sys.stdin.readline()
    expect(page.locator("#trouble-title")).to_contain_text("kein neues Bild")
    expect(page.locator("#trouble-says")).to_contain_text("Prüfen Sie Kabel und Strom der Kamera side")
    check(page, "live-unplugged-german")


def settings(page, context):
    """A setting is found and changed, the network goes in the middle of it, nothing is lost; a mistake is refused with
    words, the diff is seen, and what is saved waits for a restart."""
    page.get_by_role("link", name="Settings").click()
    check(page, "settings")
    page.get_by_label("A key, or what it is for").fill("verdict must leave")
    page.keyboard.press("Enter")
    expect(page.locator(".found li")).to_have_count(1)
    page.get_by_role("link", name="policy.verdict_margin_ms").click()
    margin = page.get_by_label("verdict_margin_ms", exact=True)
    expect(margin).to_be_focused()
    margin.fill("5")
    context.set_offline(True)
    margin.press_sequentially("5")
    page.get_by_label("divert_lane", exact=True).fill("7")
    expect(page.locator("#pending-trouble")).to_contain_text("No connection")
    context.set_offline(False)
    expect(page.locator("#pending-trouble")).to_be_hidden()
    page.reload()
    expect(page.get_by_label("verdict_margin_ms", exact=True)).to_have_value("55")
    lane = page.get_by_label("divert_lane", exact=True)
    expect(lane).to_have_value("7")
    expect(lane).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[id='policy.divert_lane:mistake']")).to_contain_text("no diverter serves lane 7")
    expect(page.locator("#pending-says")).to_have_text("2 changes are not saved")
    page.get_by_label("unknown", exact=True).select_option("divert")
    page.locator("[id='policy.unknown']").locator("xpath=..").get_by_role("button", name="Take back").click()
    expect(page.get_by_label("unknown", exact=True)).to_have_value("")
    check(page, "settings-section")
    page.get_by_role("link", name="Look at the changes and save").click()
    expect(page.locator("#diff")).to_contain_text("+verdict_margin_ms = 55")
    expect(page.locator("#mistake-list")).to_contain_text("write one of [1]")
    check(page, "settings-review")
    # Somebody edits the file on the box: nothing is lost on either side.
    print("edit", flush=True)
    sys.stdin.readline()
    page.reload()
    expect(page.locator("#pending-trouble")).to_contain_text("changed on the box meanwhile")
    check(page, "settings-conflict")
    page.get_by_role("button", name="Take the present file").click()
    expect(page.locator("#pending-trouble")).to_be_hidden()
    expect(page.locator("#diff")).to_contain_text("+verdict_margin_ms = 55")
    page.get_by_label("Why the settings change").fill("the new scanner is slower")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#refused")).to_contain_text("Not saved")
    page.get_by_role("button", name="Take back: policy.divert_lane").click()
    expect(page.locator("#mistakes")).to_be_hidden()
    page.reload()
    expect(page.get_by_label("Why the settings change")).to_have_value("the new scanner is slower")
    context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#refused")).to_contain_text("No connection")
    context.set_offline(False)
    page.get_by_label("Why the settings change").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("wait for a restart")
    page.get_by_role("link", name="To the settings").last.click()
    expect(page.locator("#waits")).to_contain_text("policy.verdict_margin_ms")
    expect(page.locator("#pending")).to_be_hidden()
    check(page, "settings-waits")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#waits")).to_contain_text("warten auf einen Neustart")
    tables_in_german(page)
    page.get_by_role("link", name="Einstellungen", exact=True).click()
    page.get_by_role("link", name="Frühere Einstellungen").click()
    expect(page.locator(".versions li")).to_have_count(4)
    page.get_by_text("Was in der Datei anders ist").first.click()
    page.get_by_text("Zu diesen zurückkehren").first.click()
    check(page, "settings-history-german")
    back = page.locator(".versions form").filter(visible=True)
    back.get_by_label("Warum sich die Einstellungen ändern").fill("doch nicht")
    back.get_by_role("button", name="Zu diesen zurückkehren").click()
    expect(page.get_by_role("status").first).to_contain_text("Die früheren Einstellungen stehen wieder")
    page.get_by_role("button", name="English").click()
    expect(page.locator(".versions li")).to_have_count(5)
    colleague(page)


def colleague(page):
    """A colleague puts two cameras in the place of one: changes follow their own camera, and one of the camera that is
    gone is dropped, in words."""
    page.goto(f"{ADDRESS}settings/camera")
    page.locator("[id='camera.0.position_mm']").fill("310")
    page.locator("[id='camera.1.position_mm']").fill("430")
    page.get_by_role("button", name="Add camera 3").click()
    page.locator("[id='camera.2.name']").fill("back")
    expect(page.locator("#pending-says")).to_have_text("4 changes are not saved")
    print("colleague", flush=True)
    sys.stdin.readline()
    page.reload()
    expect(page.locator("#pending-trouble")).to_contain_text("changed on the box meanwhile")
    expect(page.locator("[id='camera.1.name']")).to_have_value("left")
    assert page.locator("#forms").evaluate("forms => forms.inert"), "numbers mean other cameras here"
    page.get_by_role("button", name="Take the present file").click()
    expect(page.locator("#dropped-list")).to_have_text("camera.0.position_mm (side) 300 → 310")
    expect(page.locator("#pending-says")).to_have_text("3 changes are not saved")
    for key, value in [("0.position_mm", "200"), ("1.position_mm", "200"), ("2.position_mm", "430"), ("3.name", "back")]:
        expect(page.locator(f"[id='camera.{key}']")).to_have_value(value)
    assert not page.locator("#forms").evaluate("forms => forms.inert")
    check(page, "settings-dropped")
    page.get_by_role("button", name="I have read it").click()
    expect(page.locator("#dropped")).to_be_hidden()
    page.get_by_role("link", name="Look at the changes and save").click()
    expect(page.locator("#diff")).to_contain_text("+position_mm = 430")
    page.get_by_role("button", name="Discard all changes").click()
    print("colleague is gone", flush=True)
    sys.stdin.readline()
    carried_over(page)


# What becomes of changes when the file has changed: each with the table that was seen, and the tables that are there.
CARRIED = """async ([changes, tables]) => {
  const { carryOver } = await import("/assets/settings_places.js");
  const carried = carryOver(changes, { sections: [{ present: tables }] });
  const words = (all) => all.map(({ key, value }) => `${key}=${JSON.stringify(value)}`);
  return [words(carried.changes), words(carried.dropped)];
}"""


def carried_over(page):
    """The same, case by case."""
    def table(at, **values):
        return {"at": at, "values": values}

    def wish(key, value, seen=None, before=None):
        return {"key": key, "value": value, "before": before, "table": seen}

    one, two = {"lane": 1, "commit_point_mm": 1100}, {"lane": 2, "commit_point_mm": 1200}
    top = {"name": "top", "fps": 20}
    for what, changes, tables, carried, dropped in [
        ("a camera that was moved and changed is known by its name",
         [wish("camera.0.fps", 25, top)], [table("camera.0", name="new"), table("camera.1", name="top", fps=10)],
         ["camera.1.fps=25"], []),
        ("and so is one that is to go", [wish("camera.0", None, top, {})],
         [table("camera.0", name="new"), table("camera.1", **top)], ["camera.1=null"], []),
        ("one that is gone takes its removal along", [wish("camera.0", None, top, {})],
         [table("camera.0", name="new")], [], ["camera.0=null"]),
        ("a diverter has no name: it is known by all of its values",
         [wish("conveyor.diverter.1.lane", 3, two), wish("conveyor.diverter.1.fall_back.late", "stop", two)],
         [table("conveyor.diverter.0", **two), table("conveyor.diverter.1", **one)],
         ["conveyor.diverter.0.lane=3", 'conveyor.diverter.0.fall_back.late="stop"'], []),
        ("and not at all when these have changed", [wish("conveyor.diverter.0.lane", 3, one)],
         [table("conveyor.diverter.0", **two)], [], ["conveyor.diverter.0.lane=3"]),
        ("two that look the same are not told apart", [wish("conveyor.diverter.0.lane", 3, one)],
         [table("conveyor.diverter.0", **one), table("conveyor.diverter.1", **one)], [], ["conveyor.diverter.0.lane=3"]),
        ("a table of the same name in another section is another one", [wish("camera.0.fps", 25, top)],
         [table("scanner.0", **top)], [], ["camera.0.fps=25"]),
        ("what nobody remembers is dropped", [wish("camera.0.fps", 25)], [table("camera.0", **top)],
         [], ["camera.0.fps=25"]),
        ("what is added goes behind what is there", [wish("camera.1", {}), wish("camera.1.name", "back")],
         [table("camera.0", **top), table("camera.1", name="new")], ["camera.2={}", 'camera.2.name="back"'], []),
        ("what the file says already is no change", [wish("camera.0.fps", 25, top), wish("policy.lane", 2)],
         [table("camera.0", name="top", fps=25), table("policy", lane=2)], [], []),
        ("what stands in no list stays", [wish("policy.lane", 2, None, 1)], [table("policy", lane=3)],
         ["policy.lane=2"], []),
    ]:
        found = page.evaluate(CARRIED, [changes, tables])
        assert found == [carried, dropped], f"{what}: {found}"


def tables_in_german(page):
    """A camera is added and taken back, lists are ticked, and a comma is a decimal point."""
    page.get_by_role("link", name="camera", exact=True).click()
    page.get_by_role("button", name="camera 3 hinzufügen").click()
    added = page.locator("[id='camera.2']")
    added.get_by_label("name", exact=True).fill("back")
    expect(page.locator("[id='camera.2.source:mistake']")).to_contain_text("`source` is missing")
    expect(added.get_by_label("source", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="camera 1 entfernen").click()
    expect(page.locator("[id='camera.0']")).to_contain_text("Das wird beim Speichern entfernt.")
    expect(page.locator("#pending-says")).to_have_text("3 Änderungen sind nicht gespeichert")
    check(page, "settings-camera-german")
    page.get_by_role("button", name="camera 4 hinzufügen").click()
    page.locator("[id='camera.3']").get_by_label("name", exact=True).fill("below")
    page.locator("[id='camera.2'] > button").click()
    expect(page.locator("[id='camera.2']").get_by_label("name", exact=True)).to_have_value("below")
    expect(page.locator("[id='camera.3']")).to_have_count(0)
    page.locator("[id='camera.0']").get_by_role("button", name="Zurücknehmen").click()
    page.locator("[id='camera.2'] > button").click()
    expect(page.locator("#pending")).to_be_hidden()
    page.goto(f"{ADDRESS}settings/conveyor")
    page.get_by_label("mm_per_count", exact=True).fill("0,25")
    page.goto(f"{ADDRESS}settings/identity")
    page.get_by_label("codes", exact=False).first.check()
    page.goto(f"{ADDRESS}settings/review")
    expect(page.locator("#diff")).to_contain_text("+mm_per_count = 0.25")
    expect(page.locator("#diff")).to_contain_text("+sources = [\"codes\"]")
    page.get_by_role("button", name="Alle Änderungen verwerfen").click()
    expect(page.locator("#nothing")).to_contain_text("Es gibt keine Änderung")


def thresholds(page):
    """The slider shows what another budget would do; an engineer saves it, and it is in force at once."""
    page.get_by_role("link", name="Thresholds").click()
    expect(page.locator("#budget")).to_have_text("at most 0.5% (in force)")
    expect(page.locator("#told")).to_contain_text("Looked at by people, above the limit: 1. Good among them: 1 (")
    expect(page.locator("#above img")).to_have_count(3)
    expect(page.get_by_role("button", name="Use this budget")).to_be_disabled()
    for _ in range(6):
        page.get_by_role("button", name="Fewer good items diverted").click()
    expect(page.locator("#budget")).to_have_text("at most 0.01%")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#budget")).to_have_text("at most 0.02%")
    expect(page.locator("#told")).to_contain_text("0 passed and would be diverted.")
    check(page, "thresholds")
    page.get_by_label("Why the budget changes").fill("the buyer complained")
    page.get_by_role("button", name="Use this budget").click()
    expect(page.locator(".said.good")).to_contain_text("At most 0.02 % of good items may be diverted from now on.")
    expect(page.locator("#budget")).to_have_text("at most 0.02% (in force)")


def people(page):
    page.get_by_role("link", name="People").click()
    for name, role in [("theo", "technician"), ("vera", "viewer")]:
        form = page.locator("form[action='/people/add']")
        form.get_by_label("Name").fill(name)
        form.get_by_label("Role").select_option(role)
        form.get_by_label("Password").fill(PASSWORD)
        if name == "theo":
            cut_while_sending(page, form.get_by_role("button"))
            kept = page.evaluate("JSON.stringify([sessionStorage, localStorage])")
            assert "theo" in kept and PASSWORD not in kept, kept
        form.get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text(f"{name} was added.")
    check(page, "people")
    page.get_by_role("link", name="Audit log").click()
    expect(page.locator("tbody")).to_contain_text("added a person")
    check(page, "audit")
    page.get_by_role("link", name="My account").click()
    check(page, "account")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    check(page, "log-in")


def in_german(page):
    """The same in German; a viewer finds no page that is not theirs."""
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Passwort").fill("falsch geraten")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Name oder Passwort ist falsch")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("Prüft nicht")
    expect(page.locator("#items > li").first).to_contain_text("Artikel 3")
    expect(page.locator("#counts")).to_contain_text("1.234")
    assert page.get_by_role("link", name="Personen").count() == 0
    page.get_by_role("button", name="Nacht").click()
    assert page.locator("html").get_attribute("data-look") == "night"
    expect(page.locator("#state")).to_have_text("Prüft nicht")
    check(page, "overview-german")
    page.get_by_role("link", name="Einstellungen").click()
    page.get_by_role("link", name="identity", exact=True).click()
    expect(page.locator("#content")).to_contain_text("Sie sehen die Einstellungen.")
    expect(page.get_by_label("certain_from", exact=True)).to_be_disabled()
    check(page, "settings-viewer-german")
    refused = page.goto(f"{ADDRESS}people")
    assert refused.status == 403, refused.status
    expect(page.get_by_role("alert")).to_contain_text("Ihre Rolle darf das nicht")


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
