"""Holds, products and thresholds."""

from playwright.sync_api import expect

from visit import check


def holds(page):
    """A suspect batch is held with one touch; a hold is set, lifted and set again; the cut network loses nothing, and a SKU
    that the box does not know is asked about."""
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
    expect(page.get_by_role("alert")).to_contain_text("This box knows no item, product or expectation called TEA-3.")
    expect(page.locator("#content")).not_to_contain_text("All items of TEA-3")
    check(page, "holds-unknown")
    expect(form.get_by_label("Why")).to_have_value("broken seals")
    expect(form.get_by_label("For how long")).to_have_value("8")
    form.get_by_label("The SKU is right").check()
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("On hold: All items of TEA-3.")
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
