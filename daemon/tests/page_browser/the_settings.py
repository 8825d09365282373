"""Settings: what is pending, saved, in conflict, and carried over into a file that somebody else has changed."""

import sys

from playwright.sync_api import expect

from visit import ADDRESS, check


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
