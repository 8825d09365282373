//! The page over real HTTPS, with a box that is not one.

mod crowd;
mod everybody;
mod history;
mod holds;
mod idle;
mod inputs;
mod listener;
mod live;
mod log_in;
mod products;
mod roles;
mod settings;
mod strangers;
mod thresholds;
mod watching;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;
use crate::access::{Role, Secret};
use crate::client::{Answer, Client};
use crate::people::password::Hashed;
use crate::people::{By, People};
use crate::the_box::{
    AnswerView, CameraHealth, CameraNow, Export, FindingView, HoldAnswer, HoldChange, HoldOnPage,
    HoldView, HoldsNow, ItemDetails, ItemView, ItemWindow, LabelPart, LastItem, LivePicture,
    NewAnswer, NewHold, NewestFrame, NoAnswer, PageStatus, Picture, ProductChange, ProductDetails,
    ProductPicture, ProductView, ProductsFound, ReferenceView, StepTime, SuspectView, Taught,
    ThresholdsView, Today, Wanted, Watching,
};

/// Far longer than any limit of these tests, so that a limit that does not hold is seen.
const PATIENCE: Duration = Duration::from_secs(30);

const PASSWORD: &str = "three green boxes";

/// A box with one picture, `day/a.png`, and items that say how often they were asked for.
struct FakeBox {
    status: watch::Receiver<Arc<PageStatus>>,
    asked: AtomicUsize,
    holds: Mutex<Vec<HoldView>>,
    changes: Mutex<Vec<(String, ProductChange)>>,
    answers: Mutex<Vec<(u64, NewAnswer)>>,
    /// What camera `top` shows.
    shown: watch::Sender<Option<Arc<LivePicture>>>,
    settings: settings::FakeSettings,
}

impl FakeBox {
    fn new(status: PageStatus) -> (watch::Sender<Arc<PageStatus>>, Arc<Self>) {
        let (feed, status) = watch::channel(Arc::new(status));
        let the_box = Self {
            status,
            asked: AtomicUsize::new(0),
            holds: Mutex::default(),
            changes: Mutex::default(),
            answers: Mutex::default(),
            shown: watch::Sender::new(None),
            settings: settings::FakeSettings::default(),
        };
        (feed, Arc::new(the_box))
    }
}

impl TheBox for FakeBox {
    fn status(&self) -> watch::Receiver<Arc<PageStatus>> {
        self.status.clone()
    }

    fn items(&self, limit: usize) -> Result<Vec<ItemView>, NoAnswer> {
        let item = self.asked.fetch_add(1, Ordering::Relaxed) as u64;
        Ok(vec![item_view(item); limit.min(2)])
    }

    /// As many as are wanted, if they are wanted of the SKU `many`; each entered a second before the last.
    fn search(&self, wanted: Wanted) -> Result<Vec<ItemView>, NoAnswer> {
        match wanted.sku.as_deref() {
            Some("many") => {
                let newest = wanted.until.unwrap_or("2027-03-01T10:00:00Z".parse().unwrap());
                let one = |number: usize| {
                    let entered_at = newest - jiff::SignedDuration::from_secs(number as i64 + 1);
                    let words = vec!["=1+1 torn".to_owned()];
                    ItemView { entered_at, words, ..item_view(number as u64) }
                };
                Ok((0..wanted.limit).map(one).collect())
            }
            Some("slow") => Err(NoAnswer::Failed("it took too long".to_owned())),
            _ => Ok(Vec::new()),
        }
    }

    fn item(&self, boot: &str, item: u64) -> Result<ItemDetails, NoAnswer> {
        if boot != "boot" {
            return Err(NoAnswer::Absent(format!("no record of item {item} of boot {boot}")));
        }
        let findings = vec![FindingView {
            check: "damage".to_owned(),
            against: true,
            score: 4.5,
            threshold: 3.0,
            words: "side: <torn>".to_owned(),
        }];
        let label = vec![LabelPart { part: "lot", said: "L-77".to_owned() }];
        let steps = vec![StepTime { step: "scoring", ms: 81.4 }];
        let claims = vec!["scanner portal said 4006381333931".to_owned()];
        let answer =
            self.answers.lock().unwrap().iter().rfind(|(of, _)| *of == item).map(|(_, said)| {
                AnswerView {
                    truth: said.truth,
                    kind: said.kind.map(str::to_owned),
                    is_major: said.is_major,
                    words: said.words.clone(),
                    by: said.by.clone(),
                    at: jiff::Timestamp::UNIX_EPOCH,
                }
            });
        Ok(ItemDetails { item: item_view(item), answer, claims, findings, label, steps })
    }

    fn line_settings(&self) -> &dyn crate::the_box::settings::LineSettings {
        &self.settings
    }

    fn today(&self) -> Result<Today, NoAnswer> {
        Err(NoAnswer::Failed("the records are away; look for them".to_owned()))
    }

    fn holds(&self) -> Result<HoldsNow, NoAnswer> {
        let one = |hold: &HoldView| HoldOnPage { hold: hold.clone(), diverted: Some(3) };
        let holds = self.holds.lock().unwrap().iter().map(one).collect();
        let (sku, lot) = ("tea".to_owned(), Some("L-77".to_owned()));
        let suspects = vec![SuspectView { sku, lot, items: 12, failed: 5 }];
        let skus = vec!["tea".to_owned()];
        Ok(HoldsNow { holds, suspects, uncounted: None, skus })
    }

    /// The box does not know `Tea`, and its disk does not take holds of `unstored`.
    fn set_hold(&self, wanted: NewHold) -> Result<HoldAnswer, NoAnswer> {
        if wanted.sku == "Tea" && !wanted.is_sure {
            return Ok(HoldAnswer::UnknownSku(vec!["tea".to_owned()]));
        }
        if wanted.sku == "refused" {
            return Err(NoAnswer::Refused("too many holds; lift some".to_owned()));
        }
        let set_at = jiff::Timestamp::UNIX_EPOCH;
        let hours = |hours: u32| set_at + jiff::SignedDuration::from_hours(hours.into());
        let hold = HoldView {
            origin: "box".to_owned(),
            id: format!("page-{}", self.asked.fetch_add(1, Ordering::Relaxed)),
            sku: wanted.sku,
            lot: wanted.lot,
            why: wanted.why,
            by: wanted.by,
            set_at,
            expires_at: wanted.hours.map(hours),
        };
        self.holds.lock().unwrap().push(hold.clone());
        let is_stored = hold.sku != "unstored";
        Ok(HoldAnswer::Set(HoldChange { hold, is_stored }))
    }

    fn lift_hold(&self, id: &str) -> Result<HoldChange, NoAnswer> {
        let mut holds = self.holds.lock().unwrap();
        let place = holds.iter().position(|hold| hold.id == id);
        let place = place.ok_or_else(|| NoAnswer::Refused(format!("no hold `{id}` here")))?;
        Ok(HoldChange { hold: holds.remove(place), is_stored: true })
    }

    /// Three hundred products, of which the first is `tea`.
    fn products(&self, part: &str, limit: usize) -> Result<ProductsFound, NoAnswer> {
        let sku = |at: usize| if at == 0 { "tea".to_owned() } else { format!("other {at}") };
        let all: Vec<String> = (0..300).map(sku).filter(|sku| sku.contains(part)).collect();
        let products = all.iter().take(limit).map(|sku| product_view(sku)).collect();
        Ok(ProductsFound { products, total: all.len() })
    }

    fn product(&self, sku: &str) -> Result<ProductDetails, NoAnswer> {
        if sku != "tea" && sku != "green tea" {
            return Err(NoAnswer::Absent(format!("nothing is known of SKU {sku}")));
        }
        let references = vec![ReferenceView {
            view: "side".to_owned(),
            normals: 5,
            calibration: Some("fitted"),
            problem: None,
            is_counting: false,
            pictures: 5,
            alone: 1,
            coverage: Some(0.8),
        }];
        let picture = |shelf, item: &str| ProductPicture {
            shelf,
            item: item.to_owned(),
            view: "side".to_owned(),
        };
        let pictures = vec![picture("normal", "boot-1"), picture("left out", "boot-2")];
        Ok(ProductDetails { product: product_view(sku), references, pictures })
    }

    fn change_product(&self, sku: &str, change: ProductChange) -> Result<(), NoAnswer> {
        self.product(sku)?;
        if change == ProductChange::Pin {
            return Err(NoAnswer::Refused("no reference yet; let more items pass".to_owned()));
        }
        self.changes.lock().unwrap().push((sku.to_owned(), change));
        Ok(())
    }

    fn product_picture(&self, sku: &str, item: &str, view: &str) -> Result<Picture, NoAnswer> {
        match (sku, item, view) {
            ("tea", "boot-1", "side") => {
                Ok(Picture { kind: "image/jpeg", bytes: b"small".to_vec() })
            }
            _ => Err(NoAnswer::Absent("no such picture".to_owned())),
        }
    }

    fn answer(&self, boot: &str, item: u64, said: NewAnswer) -> Result<Taught, NoAnswer> {
        self.item(boot, item)?;
        let taught = if said.truth == "good" { Taught::Normal } else { Taught::Nothing };
        self.answers.lock().unwrap().push((item, said));
        Ok(taught)
    }

    fn thresholds(&self) -> Result<ThresholdsView, NoAnswer> {
        Ok(ThresholdsView { recent: 17, ..ThresholdsView::default() })
    }

    /// Says which SKU was asked for, often enough that it is sent in pieces.
    fn export(&self, wanted: Wanted) -> Result<Export, NoAnswer> {
        use std::io::{Seek as _, Write as _};
        let mut file = tempfile::tempfile().unwrap();
        let text = wanted.sku.unwrap_or_default().repeat(100_000);
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        Ok(Export { file, bytes: text.len() as u64 })
    }

    fn picture(&self, path: &str) -> Result<Picture, NoAnswer> {
        match path {
            "day/a.png" => Ok(Picture { kind: "image/png", bytes: b"picture".to_vec() }),
            // More than the kernel takes for a reader that does not read.
            "large.jpg" => Ok(Picture { kind: "image/jpeg", bytes: vec![0; 30 << 20] }),
            _ => Err(NoAnswer::Absent(format!("no evidence picture `{path}`"))),
        }
    }

    fn camera(&self, camera: &str) -> Result<CameraNow, NoAnswer> {
        if camera != "top" {
            return Err(NoAnswer::Absent(format!("no camera `{camera}`")));
        }
        Ok(CameraNow {
            camera: camera.to_owned(),
            state: CameraHealth::Streaming,
            cause: None,
            frame: self.shown.borrow().as_ref().map(|_| NewestFrame { number: 42, age_ms: 12 }),
            window: ItemWindow { position_mm: 450.0, tolerance_mm: 40.0 },
            last_item: Some(LastItem {
                boot: "boot".to_owned(),
                item: 7,
                width_px: 640,
                height_px: 480,
                bounds: Some([10, 20, 300, 200]),
                offset_mm: Some(-3.0),
                score: 1.0,
                threshold: 3.0,
                p_value: 0.1,
                verdict: Some("pass"),
                heat_map: Some("day/a.png".to_owned()),
            }),
        })
    }

    fn watch(&self, camera: &str) -> Result<Watching, NoAnswer> {
        self.camera(camera).map(|_| self.shown.subscribe())
    }
}

fn product_view(sku: &str) -> ProductView {
    ProductView {
        sku: sku.to_owned(),
        state: "learning",
        so_far: Some(5),
        of: Some(8),
        pinned: false,
        by_box: true,
        items: 5,
        left_out: 1,
        damaged: 0,
        views: vec!["side".to_owned()],
        learned_at: None,
        bytes: 3 << 20,
        failed: Some("two of <its> views differ".to_owned()),
    }
}

fn item_view(item: u64) -> ItemView {
    ItemView {
        boot: "boot".to_owned(),
        item,
        sku: None,
        familiarity: None,
        tote: None,
        is_empty_tote: false,
        entered_at: jiff::Timestamp::UNIX_EPOCH,
        score: None,
        threshold: None,
        verdict: None,
        reasons: Vec::new(),
        words: Vec::new(),
        ms: None,
        decision: None,
        outcome: None,
        outcome_kind: None,
        views: Vec::new(),
    }
}

/// A page that is served until this is dropped.
struct Served {
    address: SocketAddr,
    store: tempfile::TempDir,
    client: Client,
    the_box: Arc<FakeBox>,
    feed: watch::Sender<Arc<PageStatus>>,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn here() -> WebSection {
    let listen = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    WebSection { listen, ..WebSection::default() }
}

async fn served() -> Served {
    served_with(here(), |limits| limits).await
}

async fn served_with(section: WebSection, limits: impl FnOnce(Limits) -> Limits) -> Served {
    let store = tempfile::tempdir().unwrap();
    let page = Page::bind(&section).unwrap();
    let page = Page { limits: limits(page.limits), ..page };
    let address = page.address();
    let status = PageStatus { line: "outbound 3".to_owned(), ..PageStatus::default() };
    let (feed, the_box) = FakeBox::new(status);
    let folder = StateFolder::below(store.path());
    let certificate = (!section.plain_http).then(|| Certificate::of(&section, &folder).unwrap());
    let client = Client::new(address, certificate.map(|certificate| certificate.digest()));
    let client = client.with_patience(PATIENCE);
    let (asked, below) = (Arc::clone(&the_box), store.path().to_owned());
    let task = tokio::spawn(async move {
        let Err(error) = page.serve(&section, &below, asked).await;
        panic!("the page stopped: {error}");
    });
    // Now it has its token and its set-up code.
    client.get("/healthz").await.unwrap();
    Served { address, store, client, the_box, feed, task }
}

impl Served {
    fn folder(&self) -> StateFolder {
        StateFolder::below(self.store.path())
    }

    /// The people, as inspectctl opens them beside the page.
    fn people(&self) -> People {
        People::open(&self.folder()).unwrap()
    }

    /// Adds a person as inspectctl does.
    fn add(&self, name: &str, role: Role) {
        let by = By { who: "inspectctl", address: "" };
        let hashed = Hashed::new(name, PASSWORD).unwrap();
        self.people().add(by, name, role, &hashed, jiff::Timestamp::now()).unwrap();
    }

    /// Adds a person and logs in.
    async fn person(&self, name: &str, role: Role) -> Browser {
        self.add(name, role);
        self.log_in(name).await
    }

    async fn log_in(&self, name: &str) -> Browser {
        let answer = self.try_log_in(name, PASSWORD).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        self.browser(&answer)
    }

    async fn try_log_in(&self, name: &str, password: &str) -> Answer {
        let fields = [("name", name), ("password", password)];
        self.client.post("/log-in", &fields, &[]).await.unwrap()
    }

    /// A browser that took the session of an answer.
    fn browser(&self, answer: &Answer) -> Browser {
        let cookie = answer.headers["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Browser { client: self.client.clone(), cookie }
    }

    /// This machine's token.
    fn machine(&self) -> Client {
        self.client.clone().with_token(self.token())
    }

    fn token(&self) -> Secret {
        self.folder().token().unwrap()
    }
}

/// Somebody who is logged in.
struct Browser {
    client: Client,
    cookie: String,
}

impl Browser {
    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", &self.cookie);
        self.client.send(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap()
    }

    /// The session's token, as its pages have it.
    async fn csrf(&self) -> String {
        let page = self.get("/account").await.text();
        let (_, after) = page.split_once("name=\"csrf\" value=\"").expect("the page has forms");
        after.split('"').next().unwrap().to_owned()
    }

    /// Sends a form as the page's own, with its token.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend(fields);
        self.post_as(path, &all, &[]).await
    }

    async fn post_as(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("cookie", &self.cookie));
        self.client.post(path, fields, &headers).await.unwrap()
    }
}

#[test]
fn a_port_in_use_names_the_key_to_change() {
    let first = Page::bind(&here()).unwrap();
    let refused = Page::bind(&WebSection { listen: first.address(), ..here() }).unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, WebError::PortInUse { .. }), "{text}");
    assert!(text.contains("[web]") && text.contains(&first.address().to_string()), "{text}");
}

#[test]
fn an_address_of_another_machine_names_the_key_to_change() {
    // 192.0.2.0/24 is reserved for documentation: no machine has it.
    let listen = SocketAddr::from(([192, 0, 2, 1], 8080));
    let refused = Page::bind(&WebSection { listen, ..here() }).unwrap_err();
    assert!(refused.to_string().contains("`listen` in section [web]"), "{refused}");
}
