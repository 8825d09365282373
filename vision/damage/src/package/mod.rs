//! The **package** of a damage head: the program `damage_head.pt` and, beside it, `damage_head.json`
//! with what is known of it: which backbone its tokens come from, what it was trained on, which
//! member did not see which picture, and golden outputs.
//!
//! **Golden outputs** are what the trained network answered to made-up tokens before it was exported.
//! They are compared each time the package is loaded, on the device that will be used: a head that
//! computes something slightly different answers without any error, and wrongly.
//!
//! The program is the network as [`super::head`] has it; what is left for here is to make a few
//! numbers of its outputs. Its file is a TorchScript program: only one whose SHA-256 the package
//! names is run.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tch::{CModule, Device, Kind as Number, TchError, Tensor};
use thiserror::Error;

use super::Kind;
use super::head::{DAMAGE, KINDS, OUTPUTS, levels, together, trace};
use super::options::TrainOptions;
use super::train::{Counts, EpochLoss, Trained, blind};
use base::checksum::sha256;
use base::files::replace;
use base::messages::first_line;

/// Name of the program.
pub const HEAD_FILE: &str = "damage_head.pt";
/// Name of the file that tells about it.
pub const HEAD_FACTS_FILE: &str = "damage_head.json";
/// The version of both.
const FORMAT: u32 = 4;
/// Numbers of tokens for which golden outputs are recorded: two, since none may be built in.
const GOLDEN_TOKENS: [i64; 2] = [7, 33];
/// The largest difference that is accepted, absolute for small and relative for large values:
/// rounding in another order gives 1e-6, 10-bit mantissas of a GPU 1e-3, another network 0.1.
const GOLDEN_TOLERANCE: f32 = 2e-3;

/// What is known of a damage head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadFacts {
    /// The version of the package.
    pub format: u32,
    /// SHA-256 of the program's file.
    pub head_sha256: String,
    /// SHA-256 of the backbone that made the tokens.
    pub backbone_sha256: String,
    /// When it was made.
    pub created: Timestamp,
    /// Numbers of a token.
    pub channels: i64,
    /// One entry per member.
    pub members: Vec<MemberFacts>,
    /// The options of the training.
    pub options: TrainOptions,
    /// The examples of the training.
    pub counts: Counts,
    /// What the trained network answered to made-up tokens, flattened; one entry per number of tokens.
    golden: Vec<Vec<f32>>,
}

/// What is known of a member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberFacts {
    /// The normal pictures that it did not see, by the names that training was given.
    pub blind_to: Vec<String>,
    /// The loss after each epoch.
    pub losses: Vec<EpochLoss>,
    /// How well it tells damaged from normal among the examples made of pictures it did not see.
    pub unseen_auroc: Option<f64>,
}

/// What a damage head says about one view.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadAnswer {
    /// How badly the view is damaged: the mean of its members' levels.
    pub level: f32,
    /// The level by each member, 0 to 1: the square root of the degree of damage that it expects of a
    /// token in the mean. A logit would tell a damaged item from a sound one as well; but it hardly
    /// grows with the damage, and normal items that are a little bent would set the threshold for
    /// all. The root makes the levels of normal items about as often large as small.
    pub members: Vec<f32>,
    /// For each token the logit of its degree of damage, mean of the members.
    pub patches: Vec<f32>,
    /// For each token the kind that it would most likely be.
    pub kinds: Vec<Kind>,
}

/// Why a damage head cannot be used, or does not answer.
#[derive(Debug, Error)]
pub enum HeadError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}; make a damage head with `inspectctl train`")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {source}; check the folder's permissions and the free space")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The package is not what it should be.
    #[error(
        "the damage head {path} cannot be used: {cause}; train it anew with `inspectctl train`"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        cause: String,
    },
    /// A tensor operation failed.
    #[error("libtorch failed at {during}: {cause}")]
    Torch {
        /// The step.
        during: &'static str,
        /// What libtorch said.
        cause: String,
    },
    /// The tokens are not those of this head.
    #[error(
        "tokens of shape {tokens:?} with places of shape {places:?} are not what the damage head \
         reads: [n, {channels}] and [n, 2], n at least 1"
    )]
    Shape {
        /// Shape of the tokens.
        tokens: Vec<i64>,
        /// Shape of the places.
        places: Vec<i64>,
        /// Numbers of a token.
        channels: i64,
    },
    /// Something that is not a number went in or came out.
    #[error("{what} NaN or infinite values; the view is not scored")]
    NotFinite {
        /// Which values.
        what: &'static str,
    },
}

impl HeadError {
    fn torch(during: &'static str) -> impl FnOnce(TchError) -> HeadError {
        move |error| HeadError::Torch { during, cause: first_line(&error.to_string()) }
    }
}

impl Trained {
    /// Writes the package into `folder`; its tokens are of the backbone with this SHA-256. Loads it
    /// again before anybody else does, so that a package which differs from what was trained is an
    /// error here.
    pub fn save(mut self, folder: &Path, backbone_sha256: &str) -> Result<HeadFacts, HeadError> {
        let exporting = || HeadError::torch("exporting the damage head");
        let facts = self.members.iter().enumerate().map(|(index, member)| MemberFacts {
            blind_to: (0..self.sources.len())
                .filter(|source| blind(index, *source, self.options.folds))
                .map(|source| self.sources[source].clone())
                .collect(),
            losses: member.losses.clone(),
            unseen_auroc: member.unseen_auroc,
        });
        let facts: Vec<MemberFacts> = facts.collect();
        let mut networks: Vec<_> = self.members.drain(..).map(|member| member.network).collect();
        for network in &mut networks {
            network.move_to(Device::Cpu);
        }
        let channels = networks.first().map_or(0, |network| network.shape().channels);
        let golden: Result<Vec<Vec<f32>>, TchError> = GOLDEN_TOKENS
            .iter()
            .map(|count| {
                let (tokens, places) = pattern(*count, channels);
                let outputs = tch::no_grad(|| together(&networks, &tokens, &places))?;
                Vec::<f32>::try_from(outputs.f_flatten(0, -1)?)
            })
            .collect();
        let golden = golden.map_err(exporting())?;

        let path = folder.join(HEAD_FILE);
        let write = |source| HeadError::Write { path: path.clone(), source };
        fs::create_dir_all(folder).map_err(write)?;
        let unfinished = folder.join(format!("{HEAD_FILE}.new-{}", std::process::id()));
        let saved = trace(&mut networks).and_then(|module| module.save(&unfinished));
        let program =
            saved.map_err(exporting()).and_then(|()| fs::read(&unfinished).map_err(write));
        let removed = fs::remove_file(&unfinished);
        let program = program?;
        removed.map_err(write)?;

        let facts = HeadFacts {
            format: FORMAT,
            head_sha256: sha256(&program),
            backbone_sha256: backbone_sha256.to_owned(),
            created: Timestamp::now(),
            channels,
            members: facts,
            options: self.options,
            counts: self.counts,
            golden,
        };
        let json = folder.join(HEAD_FACTS_FILE);
        let text = serde_json::to_vec_pretty(&facts)
            .map_err(|error| HeadError::Refused { path: json.clone(), cause: error.to_string() })?;
        replace(&path, &program).map_err(write)?;
        replace(&json, &text).map_err(|source| HeadError::Write { path: json, source })?;
        DamageHead::load(folder, backbone_sha256, Device::Cpu).map(|head| head.facts)
    }
}

/// A loaded and checked damage head. Belongs to one thread at a time.
#[derive(Debug)]
pub struct DamageHead {
    module: CModule,
    device: Device,
    facts: HeadFacts,
}

impl DamageHead {
    /// Loads the package in `folder` onto `device`, for tokens of the backbone with this SHA-256.
    ///
    /// # Errors
    /// When a file is missing, changed, of another version or another backbone, or when the program
    /// does not answer on this device what it answered where it was trained.
    pub fn load(
        folder: &Path,
        backbone_sha256: &str,
        device: Device,
    ) -> Result<DamageHead, HeadError> {
        let (path, json) = (folder.join(HEAD_FILE), folder.join(HEAD_FACTS_FILE));
        let read = |path: &Path| {
            fs::read(path).map_err(|source| HeadError::Read { path: path.to_owned(), source })
        };
        let refused = |cause: String| HeadError::Refused { path: path.clone(), cause };
        let facts: HeadFacts = serde_json::from_slice(&read(&json)?)
            .map_err(|error| HeadError::Refused { path: json, cause: error.to_string() })?;
        let program = read(&path)?;
        if facts.format != FORMAT {
            return Err(refused(format!("its format is {}, not {FORMAT}", facts.format)));
        }
        if facts.head_sha256 != sha256(&program) {
            return Err(refused(format!("it is not the one that {HEAD_FACTS_FILE} tells about")));
        }
        if facts.backbone_sha256 != backbone_sha256 {
            return Err(refused(format!(
                "it reads tokens of backbone {}, not of {backbone_sha256}",
                facts.backbone_sha256
            )));
        }
        // The profiling executor would compile anew for views with other numbers of tokens.
        tch::jit::f_set_profiling_mode(false).map_err(HeadError::torch("set-up"))?;
        let mut module = CModule::load_data_on_device(&mut program.as_slice(), device)
            .map_err(|error| refused(first_line(&error.to_string())))?;
        module.f_set_eval().map_err(HeadError::torch("set-up"))?;
        let head = DamageHead { module, device, facts };
        if let Some(fault) = head.golden_fault()? {
            return Err(refused(fault));
        }
        Ok(head)
    }

    /// What is known of it.
    pub fn facts(&self) -> &HeadFacts {
        &self.facts
    }

    /// The member that did not see the normal picture of this name in training: its level tells how
    /// the head judges a normal item it does not know. `None` when no member did see it either.
    pub fn blind_member(&self, source: &str) -> Option<usize> {
        let blind = |member: &MemberFacts| member.blind_to.iter().any(|name| name == source);
        self.facts.members.iter().position(blind)
    }

    /// Judges one view by its tokens `[L, channels]` and their places `[L, 2]`.
    pub fn answer(&self, tokens: &Tensor, places: &Tensor) -> Result<HeadAnswer, HeadError> {
        let outputs = self.outputs(tokens, places)?;
        let during = || HeadError::torch("the damage head");
        let numbers = || -> Result<HeadAnswer, TchError> {
            let damage = outputs.f_select(-1, DAMAGE)?;
            let members = levels(&damage)?;
            let patches = damage.f_mean_dim([0].as_slice(), false, Number::Float)?;
            let kinds = outputs
                .f_narrow(-1, KINDS, Kind::ALL.len() as i64)?
                .f_mean_dim([0].as_slice(), false, Number::Float)?
                .f_argmax(-1, false)?;
            let kinds = Vec::<i64>::try_from(kinds)?;
            let members = Vec::<f32>::try_from(members)?;
            Ok(HeadAnswer {
                level: members.iter().sum::<f32>() / members.len() as f32,
                members,
                patches: Vec::<f32>::try_from(patches)?,
                kinds: kinds.into_iter().map(|kind| Kind::ALL[kind as usize]).collect(),
            })
        };
        let answer = tch::no_grad(numbers).map_err(during())?;
        // A sum is finite only if all its terms are.
        let sum = answer.members.iter().chain(&answer.patches).sum::<f32>();
        if !sum.is_finite() {
            return Err(HeadError::NotFinite { what: "the damage head answers with" });
        }
        Ok(answer)
    }

    /// The program's outputs `[members, L, OUTPUTS]`, on the CPU.
    fn outputs(&self, tokens: &Tensor, places: &Tensor) -> Result<Tensor, HeadError> {
        let during = || HeadError::torch("the damage head");
        let channels = self.facts.channels;
        let rows = tokens.size().first().copied().unwrap_or(0);
        if rows == 0 || tokens.size() != [rows, channels] || places.size() != [rows, 2] {
            let (tokens, places) = (tokens.size(), places.size());
            return Err(HeadError::Shape { tokens, places, channels });
        }
        let run = || -> Result<(f64, Tensor), TchError> {
            let ready = |t: &Tensor| t.f_to_device(self.device)?.f_to_kind(Number::Float);
            let (tokens, places) = (ready(tokens)?, ready(places)?);
            let sum = tokens.f_sum(Number::Float)?.f_add(&places.f_sum(Number::Float)?)?;
            let outputs = self.module.forward_ts(&[&tokens, &places])?;
            Ok((sum.f_double_value(&[])?, outputs.f_to_device(Device::Cpu)?))
        };
        let (sum, outputs) = tch::no_grad(run).map_err(during())?;
        if !sum.is_finite() {
            return Err(HeadError::NotFinite { what: "the tokens hold" });
        }
        Ok(outputs)
    }

    /// How the program's answers differ from the golden outputs, if they do.
    fn golden_fault(&self) -> Result<Option<String>, HeadError> {
        if self.facts.golden.len() != GOLDEN_TOKENS.len() {
            return Ok(Some("its golden outputs are missing".to_owned()));
        }
        for (count, golden) in GOLDEN_TOKENS.into_iter().zip(&self.facts.golden) {
            let (tokens, places) = pattern(count, self.facts.channels);
            let outputs = self.outputs(&tokens, &places)?;
            let expected = [self.facts.members.len() as i64, count, OUTPUTS];
            if outputs.size() != expected || outputs.numel() != golden.len() {
                let found = outputs.size();
                return Ok(Some(format!("it answers with the shape {found:?}, not {expected:?}")));
            }
            let flat = outputs.f_flatten(0, -1).and_then(Vec::<f32>::try_from);
            let flat = flat.map_err(HeadError::torch("the damage head"))?;
            for (found, expected) in flat.iter().zip(golden) {
                let difference = (found - expected).abs() / (1.0 + expected.abs());
                // A difference that is no number fails as well.
                let within = difference <= GOLDEN_TOLERANCE;
                if !within {
                    let device = self.device;
                    return Ok(Some(format!(
                        "on {device:?} it answers {found} where it was {expected} when trained"
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// Tokens and places that every program makes alike: a formula on integers.
fn pattern(count: i64, channels: i64) -> (Tensor, Tensor) {
    let rows = |width: i64| {
        let value = move |row: i64, column: i64| {
            ((7 * row + 13 * column + (row ^ column) + row * column / 5) % 64) as f32 / 32.0 - 1.0
        };
        let values: Vec<f32> =
            (0..count).flat_map(|row| (0..width).map(move |column| value(row, column))).collect();
        Tensor::from_slice(&values).view([count, width])
    };
    (rows(channels), rows(2))
}

#[cfg(test)]
mod tests;
