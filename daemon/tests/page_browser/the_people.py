"""Set-up, people and roles, and the page in German."""

from playwright.sync_api import expect

from visit import ADDRESS, CODE, PASSWORD, check, cut_while_sending, log_in


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
