//! Every address of the page, with the right that it asks for. One table makes the router and the
//! OpenAPI description, so that neither can say what the other does not.

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{MethodRouter, get, post};

use super::answer::{Refusal, harden};
use super::api::{self, Described};
use super::app::App;
use super::guard::{Access, Kind, Rules, guard};
use super::{assets, pages};
use crate::access::Right;

/// One address.
pub(super) struct Route {
    pub(super) path: &'static str,
    /// `GET` or `POST`.
    pub(super) method: &'static str,
    pub(super) access: Access,
    pub(super) kind: Kind,
    /// What programs need to know of it; none for pages.
    pub(super) described: Option<Described>,
    handler: MethodRouter<App>,
}

impl Route {
    /// Whether whoever asks for it is a person at work: one who opens a page or changes something. Data, pictures
    /// and streams are asked for by pages that lie open, too.
    fn prolongs(&self) -> bool {
        self.kind == Kind::Page || self.method != "GET"
    }
}

const OPEN: Access = Access::Open;
const SEE: Access = Access::Right(Right::See);
const OWN: Access = Access::Right(Right::KeepOwnAccount);
const CONFIGURE: Access = Access::Right(Right::Configure);
const OPERATE: Access = Access::Right(Right::Operate);
const ADMINISTER: Access = Access::Right(Right::Administer);

fn shows(path: &'static str, access: Access, handler: MethodRouter<App>) -> Route {
    Route { path, method: "GET", access, kind: Kind::Page, described: None, handler }
}

fn takes(path: &'static str, access: Access, handler: MethodRouter<App>) -> Route {
    Route { path, method: "POST", access, kind: Kind::Page, described: None, handler }
}

fn gives(path: &'static str, access: Access, handler: MethodRouter<App>) -> Route {
    Route { path, method: "GET", access, kind: Kind::Data, described: None, handler }
}

/// Takes a form that a script sends, which reads the answer.
fn takes_data(path: &'static str, access: Access, handler: MethodRouter<App>) -> Route {
    Route { kind: Kind::Data, ..takes(path, access, handler) }
}

fn answers(
    path: &'static str,
    access: Access,
    described: Described,
    handler: MethodRouter<App>,
) -> Route {
    Route { described: Some(described), ..gives(path, access, handler) }
}

/// The table.
pub(super) fn all() -> Vec<Route> {
    use api::camera;
    use pages::{
        account, audit, history, holds, item, live, log_in, overview, people, products, set_up,
        settings, thresholds,
    };
    vec![
        shows("/", SEE, get(overview::show)),
        shows("/log-in", OPEN, get(log_in::show)),
        takes("/log-in", OPEN, post(log_in::log_in)),
        takes("/log-out", OWN, post(log_in::log_out)),
        shows("/set-up", OPEN, get(set_up::show)),
        takes("/set-up", OPEN, post(set_up::set_up)),
        shows("/history", SEE, get(history::show)),
        shows("/history/{boot}/{item}", SEE, get(item::show)),
        takes("/history/{boot}/{item}/answer", OPERATE, post(item::answer)),
        gives("/history.zip", OPERATE, get(history::pictures)),
        gives("/history.csv", SEE, get(history::export)),
        shows("/holds", SEE, get(holds::show)),
        takes("/holds/set", OPERATE, post(holds::set)),
        takes("/holds/lift", OPERATE, post(holds::lift)),
        shows("/thresholds", SEE, get(thresholds::show)),
        takes("/thresholds", ADMINISTER, post(thresholds::save)),
        shows("/products", SEE, get(products::show)),
        shows("/products/{sku}", SEE, get(products::show_one)),
        takes("/products/{sku}/forget", OPERATE, post(products::forget)),
        takes("/products/{sku}/forget-item", OPERATE, post(products::forget_item)),
        takes("/products/{sku}/learn-again", OPERATE, post(products::learn_again)),
        takes("/products/{sku}/pin", OPERATE, post(products::pin)),
        takes("/products/{sku}/unpin", OPERATE, post(products::unpin)),
        gives("/products/{sku}/pictures/{item}/{view}", SEE, get(products::picture)),
        shows("/settings", SEE, get(settings::show)),
        shows("/settings/review", CONFIGURE, get(settings::review)),
        takes_data("/settings/check", CONFIGURE, post(settings::changes::check)),
        takes_data("/settings/save", CONFIGURE, post(settings::changes::save)),
        shows("/settings/history", SEE, get(settings::history::show)),
        takes("/settings/history/restore", CONFIGURE, post(settings::history::restore)),
        takes("/settings/restart", CONFIGURE, post(settings::history::restart)),
        shows("/settings/{section}", SEE, get(settings::section)),
        answers("/api/settings", SEE, api::SETTINGS, get(settings::json)),
        shows("/account", OWN, get(account::show)),
        takes("/account/password", OWN, post(account::change_password)),
        shows("/people", ADMINISTER, get(people::show)),
        takes("/people/add", ADMINISTER, post(people::add)),
        takes("/people/role", ADMINISTER, post(people::set_role)),
        takes("/people/password", ADMINISTER, post(people::set_password)),
        takes("/people/remove", ADMINISTER, post(people::remove)),
        shows("/audit", ADMINISTER, get(audit::show)),
        gives("/assets/page.css", OPEN, get(assets::style)),
        gives("/assets/icon.svg", OPEN, get(assets::icon)),
        gives("/assets/{name}", SEE, get(assets::script)),
        gives("/texts/{language}", SEE, get(assets::texts)),
        gives("/evidence/{*path}", SEE, get(api::evidence)),
        answers("/healthz", OPEN, api::HEALTH, get(api::health)),
        answers("/api/status", SEE, api::STATUS, get(api::status)),
        answers("/api/items", SEE, api::ITEMS, get(api::items)),
        answers("/api/items/{boot}/{item}", SEE, api::ITEM, get(api::item)),
        answers("/api/today", SEE, api::TODAY, get(api::today)),
        answers("/api/live", SEE, api::live::LIVE, get(api::live::live)),
        answers("/api/holds", SEE, api::HOLDS, get(api::holds)),
        answers("/api/products", SEE, api::PRODUCTS, get(api::products)),
        answers("/api/products/{sku}", SEE, api::PRODUCT, get(api::product)),
        answers("/api/thresholds", SEE, api::THRESHOLDS, get(api::thresholds)),
        answers("/api/people", ADMINISTER, api::PEOPLE, get(api::people)),
        answers("/api/audit", ADMINISTER, api::AUDIT, get(api::audit)),
        shows("/live", SEE, get(live::cameras)),
        shows("/live/{camera}", SEE, get(live::camera)),
        answers("/api/cameras/{camera}/frame", SEE, camera::CAMERA, get(camera::camera)),
        answers("/api/cameras/{camera}/live.jpg", SEE, camera::PICTURE, get(camera::picture)),
        answers("/api/cameras/{camera}/live.mjpeg", SEE, camera::STREAM, get(camera::stream)),
        answers("/api/openapi.json", SEE, api::OPENAPI, get(api::openapi::openapi)),
    ]
}

/// Addresses that show a page.
fn pages() -> Vec<&'static str> {
    let shown = |route: &Route| route.method == "GET" && route.kind == Kind::Page;
    all().into_iter().filter(shown).map(|route| route.path).collect()
}

/// How many parts an address lies below its page: a form's address is that of its page and a word more.
fn below_its_page(path: &str, pages: &[&str]) -> usize {
    let above =
        std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above));
    above.take_while(|path| !pages.contains(path)).count()
}

/// The table as a router, each address behind its guard.
pub(super) fn router(app: &App) -> Router {
    let strict = app.section.certificate.is_some();
    let mut router = Router::new();
    let pages = pages();
    for route in all() {
        let below = below_its_page(route.path, &pages);
        let (access, kind, prolongs) = (route.access, route.kind, route.prolongs());
        let rules = Rules { app: app.clone(), access, kind, below, prolongs };
        let handler = route.handler.route_layer(from_fn_with_state(rules, guard));
        router = router.route(route.path, handler);
    }
    router
        .fallback(|| async { Refusal::Absent("nothing here; the page is at /".to_owned()) })
        .layer(map_response(move |response| async move { harden(response, strict) }))
        .with_state(app.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::guard::page_of;

    #[test]
    fn a_page_that_lies_open_prolongs_no_session() {
        let prolong: Vec<_> = all().into_iter().filter(Route::prolongs).collect();
        let has = |path: &str| prolong.iter().any(|route| route.path == path);
        for at_work in ["/", "/live/{camera}", "/holds/set", "/settings/check", "/settings/save"] {
            assert!(has(at_work), "{at_work}");
        }
        let open = ["/api/", "/evidence/", "/assets/", "/texts/", "/healthz"];
        let of_an_open_page = |path: &str| open.iter().any(|start| path.starts_with(start));
        for route in &prolong {
            assert!(!of_an_open_page(route.path), "{}", route.path);
        }
        assert!(!has("/products/{sku}/pictures/{item}/{view}"));
    }

    #[test]
    fn every_form_stands_on_a_page_that_is_shown() {
        let pages = pages();
        let expected = [
            ("/log-in", "/log-in"),
            ("/log-out", "/"),
            ("/holds/lift", "/holds"),
            ("/thresholds", "/thresholds"),
            ("/settings/history/restore", "/settings/history"),
            ("/account/password", "/account"),
            ("/products/{sku}/forget", "/products/{sku}"),
            ("/history/{boot}/{item}/answer", "/history/{boot}/{item}"),
        ];
        let page = |path: &'static str| page_of(path, below_its_page(path, &pages));
        for (form, shown) in expected {
            assert_eq!(page(form), shown);
        }
        for route in all().into_iter().filter(|route| route.method == "POST") {
            assert!(pages.contains(&page(route.path)), "{}", route.path);
        }
    }
}
