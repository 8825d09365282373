"""The live view."""

import sys

from playwright.sync_api import expect

from visit import ADDRESS, PATIENCE_MS, check

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
