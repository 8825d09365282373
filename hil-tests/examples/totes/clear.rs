//! Takes the totes out of the pictures from above, as the box does at run time.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use base::picture::Picture;
use features::tote::{Ground as Seen, Totes};
use rustix::time::{ClockId, clock_gettime};
use twin::goods::ToteColour;

use super::{CAMERAS, Ground, PARTS, files};

/// Writes to `FOLDER/cleared` what is compared, and prints what was seen and how much processor time it took.
pub fn clear(folder: &Path, skus: Range<u32>) -> anyhow::Result<()> {
    let [top, side] = CAMERAS;
    let open = |folder: &Path| -> anyhow::Result<Vec<Picture>> {
        files(folder)?.iter().map(|file| Ok(Picture::open(file)?)).collect()
    };
    let of = |colour: ToteColour| folder.join(format!("tote-{}", colour.name())).join(top);
    let totes = ToteColour::ALL.map(|colour| Ok((colour.name().to_owned(), open(&of(colour))?)));
    let totes: Vec<_> = totes.into_iter().collect::<anyhow::Result<_>>()?;
    let totes = Totes::learn(open(&folder.join("empty").join(top))?, &totes)?;
    let mut seen: BTreeMap<(Ground, String), usize> = BTreeMap::new();
    let mut times = Vec::new();
    for sku in skus {
        let sku = format!("{sku:03}");
        for (ground, part) in
            Ground::ALL.into_iter().flat_map(|ground| PARTS.map(|part| (ground, part)))
        {
            let from = PathBuf::from(&sku).join(ground.name()).join(part);
            let to = folder.join("cleared").join(&from);
            if ground == Ground::Bare {
                copy(&folder.join(&from).join(side), &to.join(side))?;
            }
            fs::create_dir_all(to.join(top))?;
            for file in files(&folder.join(&from).join(top))? {
                let picture = Picture::open(&file)?;
                let before = processor_time();
                let looked = totes.look(&picture)?;
                times.push(processor_time() - before);
                let what = match looked.ground {
                    Seen::Belt => "the belt".to_owned(),
                    Seen::Undeclared => "an undeclared tote".to_owned(),
                    Seen::Tote(lying) if lying.item.is_none() => format!("{}, empty", lying.name),
                    Seen::Tote(lying) => lying.name,
                };
                *seen.entry((ground, what)).or_default() += 1;
                let to = to.join(top).join(file.file_name().unwrap_or_default());
                match looked.cleared {
                    Some(picture) => picture.to_rgb_image().save(&to)?,
                    None => _ = fs::copy(&file, &to)?,
                }
            }
        }
    }
    for ((ground, what), count) in seen {
        println!("{}: {count} seen as {what}", ground.name());
    }
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0.0, ms);
    println!("processor time a view: median {:.1} ms, 95 % {:.1} ms", at(50), at(95));
    Ok(())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for file in files(from)? {
        let name = file.file_name().unwrap_or_default();
        fs::copy(&file, to.join(name)).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// What this thread has computed: other processes do not count.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn ms(time: &Duration) -> f64 {
    1000.0 * time.as_secs_f64()
}
