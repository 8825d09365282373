//! **Training** of the network of dots (`vision/src/label/dots/net.rs`) on renderings.
//!
//! Each *strip* is rendered with a font of its own ([`fonts`]) and a text of its own ([`texts`]) on the surfaces of
//! the development collection, and cut out as the detector would ([`strips`]). Rendering costs about as much
//! as learning from it, so each strip is learnt from a few times: the *pool* holds the last ones. The *loss* is that of
//! connectionist temporal classification (Graves et al. 2006). Each convolution is followed by a
//! normalisation over the batch, which is folded into the weights when they are saved.

mod fonts;
mod strips;
mod texts;

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use image::{GrayImage, Luma};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reading::dots::net::{CHARACTERS, DotNet, LAYERS, ROWS, STEP, likeliest};
use strips::{Fonts, Strip};
use tch::nn::{self, ModuleT, OptimizerConfig};
use tch::{Device, Kind, Reduction, Tensor, no_grad};

/// Strips of a step.
const BATCH: usize = 16;
/// New ones of a step.
const FRESH: usize = 5;
/// So many strips are kept.
const POOL: usize = 4000;
/// A batch takes neighbours in width among so many strips, so that little of it is filling.
const AMONG: usize = 96;
/// The rate of learning at its highest, and at the end.
const RATES: (f64, f64) = (1e-3, 1e-5);
/// The rate rises within so many steps.
const RISES: f64 = 200.0;
/// In this share of the time strips become as hard as they get.
const EASY: f64 = 0.12;
/// Steps between two saved states.
const SAVED: u64 = 500;
/// Strips of the fonts to develop with that are read at each saved state.
const HELD_OUT: usize = 200;

/// Trains for so many minutes, `from` weights that were written before or from none, and writes the weights to
/// `file`.
pub fn train(minutes: f64, file: &Path, from: Option<&Path>) -> Result<(), Box<dyn Error>> {
    tch::set_num_threads(1);
    tch::manual_seed(1);
    let store = nn::VarStore::new(Device::Cpu);
    let net = Trained::new(&store.root());
    let mut rng = StdRng::seed_from_u64(if from.is_some() { 20_260_302 } else { 20_260_301 });
    let mut easy_share = EASY;
    if let Some(from) = from {
        let some: Vec<Strip> =
            (0..AMONG).map(|_| strips::draw(Fonts::Drawn, false, &mut rng)).collect();
        net.go_on(from, &some.iter().collect::<Vec<_>>())?;
        easy_share = 0.0;
    }
    let mut adam = nn::Adam::default().wd(1e-5).build(&store, RATES.0)?;
    let held_out: Vec<Strip> = {
        let mut rng = StdRng::seed_from_u64(7);
        (0..HELD_OUT).map(|_| strips::draw(Fonts::Development, false, &mut rng)).collect()
    };
    let mut pool: Vec<Strip> = Vec::new();
    let mut losses = Vec::new();
    let [mut rendering, mut learning] = [0.0; 2];
    let start = Instant::now();
    for step in 0.. {
        let share = start.elapsed().as_secs_f64() / (60.0 * minutes);
        if share >= 1.0 {
            break;
        }
        let began = Instant::now();
        let fresh = if pool.is_empty() { AMONG } else { FRESH };
        for _ in 0..fresh {
            let easy = rng.random_bool((1.0 - share / easy_share.max(1e-9)).clamp(0.0, 1.0));
            let strip = strips::draw(Fonts::Drawn, easy, &mut rng);
            if pool.len() < POOL {
                pool.push(strip);
            } else {
                pool[rng.random_range(0..POOL)] = strip;
            }
        }
        rendering += began.elapsed().as_secs_f64();

        let began = Instant::now();
        let warm = (step as f64 / RISES).min(1.0);
        let fall = 0.5 * (1.0 + (std::f64::consts::PI * share).cos());
        adam.set_lr(warm * (RATES.1 + (RATES.0 - RATES.1) * fall));
        let batch = chosen(&pool, &mut rng);
        let loss = net.loss(&batch, &mut rng);
        adam.backward_step_clip_norm(&loss, 5.0);
        losses.push(f64::try_from(&loss)?);
        learning += began.elapsed().as_secs_f64();

        if step % 50 == 0 {
            let some = &losses[losses.len().saturating_sub(50)..];
            println!(
                "{step}\t{:.0} s\tloss {:.4}\trendering {:.0} ms, learning {:.0} ms",
                start.elapsed().as_secs_f64(),
                some.iter().sum::<f64>() / some.len() as f64,
                1e3 * rendering / some.len() as f64,
                1e3 * learning / some.len() as f64
            );
            (rendering, learning) = (0.0, 0.0);
        }
        if step % SAVED == SAVED - 1 {
            net.save(file)?;
            tell(file, &held_out)?;
        }
    }
    net.save(file)?;
    tell(file, &held_out)
}

/// Strips of about the same width.
fn chosen<'a>(pool: &'a [Strip], rng: &mut StdRng) -> Vec<&'a Strip> {
    let mut some: Vec<&Strip> =
        (0..AMONG).map(|_| &pool[rng.random_range(0..pool.len())]).collect();
    some.sort_by_key(|strip| strip.columns());
    let from = rng.random_range(0..=AMONG - BATCH);
    some[from..from + BATCH].to_vec()
}

/// Prints how many characters of `strips` are read wrong with the weights in `file`.
fn tell(file: &Path, strips: &[Strip]) -> Result<(), Box<dyn Error>> {
    let net = DotNet::of(&fs::read(file)?)?;
    let (mut wrong, mut all, mut right) = (0, 0, 0);
    for (nth, strip) in strips.iter().enumerate() {
        let read = likeliest(&net.answers(&strip.values));
        let far = distance(&read, &strip.text);
        wrong += far;
        all += strip.text.chars().count();
        right += usize::from(far == 0);
        if nth < 6 {
            println!("    {:?} is read as {read:?}", strip.text);
        }
    }
    let count = strips.len();
    println!(
        "held out: {:.2} % of the characters wrong, {right} of {count} strips right",
        100.0 * wrong as f64 / all as f64
    );
    Ok(())
}

/// How many characters must be changed, added or taken (Levenshtein 1965).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, one) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = at + 1;
        for (place, other) in b.iter().enumerate() {
            let changed = corner + usize::from(one != *other);
            corner = row[place + 1];
            row[place + 1] = changed.min(corner + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

/// The network while it is trained.
struct Trained {
    convolutions: Vec<nn::Conv2D>,
    normalisations: Vec<nn::BatchNorm>,
}

impl Trained {
    fn new(root: &nn::Path<'_>) -> Self {
        let (mut convolutions, mut normalisations) = (Vec::new(), Vec::new());
        for (at, layer) in LAYERS.iter().enumerate() {
            let [takes, gives] = layer.planes;
            let is_last = at + 1 == LAYERS.len();
            let config = nn::ConvConfigND::<[i64; 2]> {
                stride: layer.stride,
                padding: layer.padding,
                dilation: [1, 1],
                bias: is_last,
                ..Default::default()
            };
            convolutions.push(nn::conv(
                root / format!("c{at}"),
                takes,
                gives,
                layer.kernel,
                config,
            ));
            if !is_last {
                let name = root / format!("n{at}");
                normalisations.push(nn::batch_norm2d(name, gives, nn::BatchNormConfig::default()));
            }
        }
        Self { convolutions, normalisations }
    }

    /// Answers for a batch: strips, answers, one row, columns.
    fn forward(&self, strips: &Tensor) -> Tensor {
        let mut x = strips.shallow_clone();
        for (convolution, normalisation) in self.convolutions.iter().zip(&self.normalisations) {
            x = normalisation.forward_t(&x.apply(convolution), true).relu();
        }
        x.dropout(0.1, true).apply(&self.convolutions[LAYERS.len() - 1])
    }

    /// Takes the weights of a file, as [`Self::save`] wrote them. The normalisation of each convolution begins as
    /// one that leaves its answers for `batch` as they are.
    fn go_on(&self, file: &Path, batch: &[&Strip]) -> Result<(), Box<dyn Error>> {
        let named: HashMap<String, Tensor> = Tensor::read_safetensors(file)?.into_iter().collect();
        let of =
            |name: String| named.get(&name).map(|found| found.to_kind(Kind::Float)).ok_or(name);
        let (mut x, ..) = gathered(batch, &mut StdRng::seed_from_u64(0));
        no_grad(|| {
            for (at, convolution) in self.convolutions.iter().enumerate() {
                convolution.ws.shallow_clone().copy_(&of(format!("{at}.weight"))?);
                let bias = of(format!("{at}.bias"))?;
                let Some(normalisation) = self.normalisations.get(at) else {
                    convolution.bs.iter().for_each(|own| own.shallow_clone().copy_(&bias));
                    break;
                };
                x = x.apply(convolution);
                let axes = [0, 2, 3].as_slice();
                let mean = x.mean_dim(axes, false, Kind::Float);
                let variance = x.var_dim(axes, false, false);
                let own = |tensor: &Option<Tensor>, value: &Tensor| {
                    tensor.iter().for_each(|own| own.shallow_clone().copy_(value));
                };
                own(&normalisation.ws, &(&variance + 1e-5).sqrt());
                own(&normalisation.bs, &(&mean + &bias));
                normalisation.running_mean.shallow_clone().copy_(&mean);
                normalisation.running_var.shallow_clone().copy_(&variance);
                x = (x + bias.view([1, -1, 1, 1])).relu();
            }
            Ok(())
        })
    }

    fn loss(&self, batch: &[&Strip], rng: &mut StdRng) -> Tensor {
        let (values, targets, lengths, sizes) = gathered(batch, rng);
        let x = self.forward(&values);
        let likely = x.squeeze_dim(2).permute([2, 0, 1]).log_softmax(2, Kind::Float);
        Tensor::ctc_loss(&likely, &targets, &sizes[..], &lengths[..], 0, Reduction::Mean, true)
    }

    /// Writes the weights with the normalisations folded in, as halves.
    fn save(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let mut named = Vec::new();
        no_grad(|| {
            for (at, convolution) in self.convolutions.iter().enumerate() {
                let weights = &convolution.ws;
                let (weight, bias) = match (&convolution.bs, self.normalisations.get(at)) {
                    (_, Some(of)) => {
                        let (Some(scale), Some(shift)) = (&of.ws, &of.bs) else { continue };
                        let scale = scale / (&of.running_var + 1e-5).sqrt();
                        let weight = weights * scale.view([-1, 1, 1, 1]);
                        (weight, shift - &of.running_mean * scale)
                    }
                    (Some(bias), None) => (weights.shallow_clone(), bias.shallow_clone()),
                    (None, None) => continue,
                };
                named.push((format!("{at}.weight"), weight.to_kind(Kind::Half).contiguous()));
                named.push((format!("{at}.bias"), bias.to_kind(Kind::Half).contiguous()));
            }
        });
        let new = file.with_extension("new");
        Tensor::write_safetensors(&named, &new)?;
        fs::rename(new, file)?;
        Ok(())
    }
}

/// Strips as one tensor, their texts one after the other, and how long each text and each strip is.
fn gathered(batch: &[&Strip], rng: &mut StdRng) -> (Tensor, Tensor, Vec<i64>, Vec<i64>) {
    let columns = batch.iter().map(|strip| strip.columns()).max().unwrap_or(STEP);
    let mut values = Vec::with_capacity(batch.len() * ROWS * columns);
    let (mut targets, mut lengths, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for strip in batch {
        // The same strip comes a few times: each time lighter or darker, the other way round, cleaner or noisier.
        let contrast = rng.random_range(0.75..1.25) * if rng.random_bool(0.5) { -1.0 } else { 1.0 };
        let noise = rng.random_range(-0.12..0.12_f32).max(0.0);
        let own = strip.columns();
        for row in strip.values.chunks_exact(own) {
            values.extend(
                row.iter().map(|value| value * contrast + noise * rng.random_range(-1.7..1.7_f32)),
            );
            values.resize(values.len() + columns - own, 0.0);
        }
        let place = |letter| CHARACTERS.chars().position(|known| known == letter);
        targets.extend(strip.text.chars().filter_map(place).map(|at| at as i64 + 1));
        lengths.push(strip.text.chars().count() as i64);
        sizes.push((own / STEP) as i64);
    }
    let shape = [batch.len() as i64, 1, ROWS as i64, columns as i64];
    (Tensor::from_slice(&values).view(shape), Tensor::from_slice(&targets), lengths, sizes)
}

/// Saves a picture of some strips, each above what it says, to look at.
pub fn show(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut rng = StdRng::seed_from_u64(3);
    let start = Instant::now();
    let some: Vec<Strip> = (0..40).map(|_| strips::draw(Fonts::Drawn, false, &mut rng)).collect();
    println!("{:.1} ms each", start.elapsed().as_secs_f64() * 1e3 / some.len() as f64);
    let wide = some.iter().map(Strip::columns).max().unwrap_or(1) as u32;
    let mut picture = GrayImage::from_pixel(wide, 36 * some.len() as u32, Luma([128]));
    for (nth, strip) in some.iter().enumerate() {
        println!("{:?}", strip.text);
        for (at, value) in strip.values.iter().enumerate() {
            let (x, y) = (at % strip.columns(), at / strip.columns() + 36 * nth);
            picture.put_pixel(x as u32, y as u32, Luma([(128.0 + 42.0 * value) as u8]));
        }
    }
    picture.save(file)?;
    Ok(())
}
