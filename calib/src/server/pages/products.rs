//! Products: how well each SKU is known, the pictures behind its references, and what a technician changes about it.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::Said;
use crate::people::By;
use crate::people::audit::Entry;
use crate::server::answer::{Frame, Refusal, page};
use crate::server::api;
use crate::server::app::App;
use crate::server::guard::Reader;
use crate::texts::{Key, Texts};
use crate::the_box::{
    ProductChange, ProductDetails, ProductPicture, ProductView, ProductsFound, ReferenceView,
    SHELVES,
};

/// Products on one page.
const A_PAGE: usize = 60;

/// What stands in the address of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server) struct Question {
    sku: String,
}

#[derive(Template)]
#[template(path = "products.html")]
struct List<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    asked: Question,
    found: ProductsFound,
}

impl List<'_> {
    fn state(&self, product: &ProductView) -> String {
        state_words(self.t, product)
    }

    fn items(&self, product: &ProductView) -> String {
        items_words(self.t, product)
    }

    fn more(&self) -> Option<String> {
        let (shown, total) = (self.found.products.len(), self.found.total);
        let places = [("shown", &*shown.to_string()), ("total", &*total.to_string())];
        (shown < total).then(|| self.t.filled("products.more", &places))
    }
}

fn state_words(t: &Texts, product: &ProductView) -> String {
    let state = t.named("product_state", product.state);
    let state = match (product.so_far, product.of) {
        (Some(so_far), Some(of)) => {
            let (so_far, of) = (so_far.to_string(), of.to_string());
            t.filled("products.so_far", &[("state", state), ("so_far", &so_far), ("of", &of)])
        }
        _ => state.to_owned(),
    };
    match product.pinned {
        true => t.filled("products.pinned", &[("state", &state)]),
        false => state,
    }
}

fn items_words(t: &Texts, product: &ProductView) -> String {
    if !product.by_box {
        return t.get("products.by_person").to_owned();
    }
    let of = |count: usize| count.to_string();
    let (items, left_out, damaged) = (of(product.items), of(product.left_out), of(product.damaged));
    let places = [("items", &*items), ("left_out", &left_out), ("damaged", &damaged)];
    t.filled("products.by_box", &places)
}

#[derive(Template)]
#[template(path = "product.html")]
struct One<'a> {
    frame: Frame<'a>,
    t: &'a Texts,
    said: Said,
    of: ProductDetails,
}

impl One<'_> {
    fn state(&self) -> String {
        state_words(self.t, &self.of.product)
    }

    fn items(&self) -> String {
        items_words(self.t, &self.of.product)
    }

    fn learned(&self) -> Option<String> {
        let at = super::time_words(self.of.product.learned_at?);
        Some(self.t.filled("products.learned", &[("time", &at)]))
    }

    fn size(&self) -> String {
        let mib = self.of.product.bytes as f64 / f64::from(1 << 20);
        self.t.filled("products.size", &[("mib", &format!("{mib:.1}"))])
    }

    fn normals(&self, view: &ReferenceView) -> String {
        let normals = view.normals.to_string();
        let places = [("camera", view.view.as_str()), ("normals", &normals)];
        self.t.filled("products.reference", &places)
    }

    fn coverage(&self, view: &ReferenceView) -> Option<String> {
        if view.is_counting {
            return Some(self.t.get("products.counting").to_owned());
        }
        let share = format!("{:.0}", 100.0 * view.coverage?);
        let (pictures, alone) = (view.pictures.to_string(), view.alone.to_string());
        let places = [("percent", &*share), ("pictures", &pictures), ("alone", &alone)];
        Some(self.t.filled("products.coverage", &places))
    }

    /// The shelves on which anything lies, with their pictures.
    fn shelves(&self) -> Vec<(&'static str, Vec<&ProductPicture>)> {
        let of = |shelf| self.of.pictures.iter().filter(move |one| one.shelf == shelf).collect();
        let all = SHELVES.into_iter().map(|shelf| (shelf, of(shelf)));
        all.filter(|(_, pictures): &(_, Vec<_>)| !pictures.is_empty()).collect()
    }

    fn shelf(&self, shelf: &str, count: usize) -> String {
        let shelf = shelf.replace(' ', "_");
        let name = self.t.named("shelf", &shelf);
        self.t.filled("products.shelf", &[("shelf", name), ("count", &count.to_string())])
    }

    fn remove(&self, picture: &ProductPicture) -> String {
        self.t.filled("products.forget_this", &[("picture", &self.alt(picture))])
    }

    fn alt(&self, picture: &ProductPicture) -> String {
        let places = [("item", picture.item.as_str()), ("camera", &picture.view)];
        self.t.filled("products.picture", &places)
    }
}

pub(in crate::server) async fn show(
    State(app): State<App>,
    reader: Reader,
    question: Result<Query<Question>, QueryRejection>,
) -> Response {
    let asked = question.map(|Query(asked)| asked).unwrap_or_default();
    let part = asked.sku.trim().to_owned();
    match app.query(move |the_box| the_box.products(&part, A_PAGE)).await {
        Ok(found) => {
            let (frame, t, said) = (Frame::of(&reader), reader.texts(), Said::kept(&app, &reader));
            page(&List { frame, t, said, asked, found })
        }
        Err(refusal) => refused(&refusal, &reader),
    }
}

fn refused(refusal: &Refusal, reader: &Reader) -> Response {
    if let Refusal::Failed(cause) = refusal {
        tracing::warn!("the page of the products: {cause}");
    }
    refusal.page(reader)
}

async fn one(app: &App, reader: &Reader, sku: String, said: Said) -> Response {
    match app.query(move |the_box| the_box.product(&sku)).await {
        Ok(of) => page(&One { frame: Frame::of(reader), t: reader.texts(), said, of }),
        Err(refusal) => refused(&refusal, reader),
    }
}

pub(in crate::server) async fn show_one(
    State(app): State<App>,
    reader: Reader,
    Path(sku): Path<String>,
) -> Response {
    let said = Said::kept(&app, &reader);
    one(&app, &reader, sku, said).await
}

pub(in crate::server) async fn forget(
    State(app): State<App>,
    reader: Reader,
    Path(sku): Path<String>,
) -> Response {
    change(&app, &reader, sku, ProductChange::Forget).await
}

pub(in crate::server) async fn forget_item(
    State(app): State<App>,
    reader: Reader,
    Path(sku): Path<String>,
) -> Response {
    let item = reader.field("item").to_owned();
    change(&app, &reader, sku, ProductChange::ForgetItem(item)).await
}

pub(in crate::server) async fn learn_again(
    State(app): State<App>,
    reader: Reader,
    Path(sku): Path<String>,
) -> Response {
    change(&app, &reader, sku, ProductChange::LearnAgain).await
}

pub(in crate::server) async fn pin(
    State(app): State<App>,
    reader: Reader,
    Path(sku): Path<String>,
) -> Response {
    change(&app, &reader, sku, ProductChange::Pin).await
}

pub(in crate::server) async fn unpin(
    State(app): State<App>,
    reader: Reader,
    Path(sku): Path<String>,
) -> Response {
    change(&app, &reader, sku, ProductChange::Unpin).await
}

async fn change(app: &App, reader: &Reader, sku: String, change: ProductChange) -> Response {
    let (told, what, subject, is_gone) = match &change {
        ProductChange::Forget => {
            (Key("products.forgotten"), "product forgotten", sku.clone(), true)
        }
        ProductChange::ForgetItem(item) => {
            let subject = format!("{sku}, {item}");
            (Key("products.item_forgotten"), "item of a product forgotten", subject, false)
        }
        ProductChange::LearnAgain => {
            (Key("products.learns_again"), "product learned again", sku.clone(), false)
        }
        ProductChange::Pin => (Key("products.is_pinned"), "product pinned", sku.clone(), false),
        ProductChange::Unpin => {
            (Key("products.is_unpinned"), "product unpinned", sku.clone(), false)
        }
    };
    let of = sku.clone();
    match app.query(move |the_box| the_box.change_product(&of, change)).await {
        Ok(()) => {
            let by = By { who: reader.name(), address: &reader.address };
            app.note(Entry::new(by, what, &subject, "", "", app.wall())).await;
            let text = reader.texts().filled(told.0, &[("sku", &sku)]);
            let place = if is_gone { "/products".to_owned() } else { address(&sku) };
            super::done(app, reader, text, &place)
        }
        Err(Refusal::Unfit(why)) => {
            let again = one(app, reader, sku, Said::bad(why)).await;
            (StatusCode::UNPROCESSABLE_ENTITY, again).into_response()
        }
        Err(refusal) => refused(&refusal, reader),
    }
}

/// The address of a product's page.
fn address(sku: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(sku.as_bytes()).collect();
    // In a path a blank is no plus.
    format!("/products/{}", encoded.replace('+', "%20"))
}

pub(in crate::server) async fn picture(
    State(app): State<App>,
    Path((sku, item, view)): Path<(String, String, String)>,
) -> Result<Response, Refusal> {
    let question =
        move |the_box: &dyn crate::the_box::TheBox| the_box.product_picture(&sku, &item, &view);
    api::picture(app, "private, max-age=3600", question).await
}
