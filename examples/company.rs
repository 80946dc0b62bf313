//! Writes the invented company's data: `cargo run --example company -- --out sample_data/company`.

#[path = "../tests/support/company/mod.rs"]
mod company;
#[path = "../tests/support/splitmix.rs"]
mod splitmix;

use company::{Company, Fault, Format, Prices};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: company [flags]
  --out FOLDER               where the objects go; emptied first (default: sample_data/company)
  --run-file FILE            also write the run file there
  --prices FILE              price seed (default: queries/seeds/model_prices.csv)
  --seed N                   seed of all draws
  --start YYYY-MM-DD         first day of events
  --days N                   days of events
  --requests-per-night N     logical requests on a weekday, over all workloads (default: each workload's own volume)
  --formats A,B              only these: litellm, openai_envelope, anthropic_envelope, bedrock, focus, evaluations_table
  --body-bytes N             placeholder text in each request
  --calls-per-batch N        calls of one batch of objects (default: the whole day)
  --codec gzip|zstd          how objects are compressed that are (default: gzip)";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("company: {fault}\n\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Fault> {
    let mut company = Company::sample();
    let mut out = PathBuf::from("sample_data/company");
    let mut prices = PathBuf::from("queries/seeds/model_prices.csv");
    let mut run_file = None;
    let mut is_zstd = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| Fault(format!("{flag} needs a value")))?;
        match flag.as_str() {
            "--out" => out = value.into(),
            "--run-file" => run_file = Some(PathBuf::from(value)),
            "--prices" => prices = value.into(),
            "--seed" => company.seed = parsed(&flag, &value)?,
            "--start" => company.start = parsed(&flag, &value)?,
            "--days" => company.days = parsed(&flag, &value)?,
            "--requests-per-night" => company.requests_per_night = Some(parsed(&flag, &value)?),
            "--formats" => company.keep_formats(&formats(&value)?),
            "--body-bytes" => company.body_bytes = parsed(&flag, &value)?,
            "--calls-per-batch" => company.calls_per_batch = Some(parsed(&flag, &value)?),
            "--codec" => {
                is_zstd = match value.as_str() {
                    "gzip" => false,
                    "zstd" => true,
                    _ => return Err(Fault(format!("--codec: {value} is not a codec"))),
                }
            }
            _ => return Err(Fault(format!("unknown flag {flag}"))),
        }
    }
    write(&company, &Prices::read(&prices)?, &out, is_zstd)?;
    if let Some(path) = run_file {
        let folder = out.file_name().and_then(|name| name.to_str()).unwrap_or("company");
        save(&path, company.run_file(folder).as_bytes())?;
    }
    Ok(())
}

fn write(company: &Company, prices: &Prices, out: &Path, is_zstd: bool) -> Result<(), Fault> {
    empty(out)?;
    let mut objects = 0;
    let delivered = company.write(prices, &mut |key, bytes| {
        objects += 1;
        match key.strip_suffix(".gz").filter(|_| is_zstd) {
            Some(plain) => save(&out.join(format!("{plain}.zst")), &zstd(bytes)?),
            None => save(&out.join(key), bytes),
        }
    })?;
    println!("{} objects, {} bytes in {}", objects, delivered.bytes, out.display());
    for (format, offered) in &delivered.truth.sources {
        let company::Offered { records, kept, repeated, rejected, .. } = offered;
        println!(
            "{:15} {records:>8} records  {kept:>8} kept  {repeated:>6} repeated  {rejected:>3} rejected",
            format.source()
        );
    }
    Ok(())
}

/// The same text as gzip's, at the level that collectors of logs use.
fn zstd(gzip: &[u8]) -> Result<Vec<u8>, Fault> {
    let text = flate2::read::MultiGzDecoder::new(gzip);
    zstd::encode_all(text, 3).map_err(|error| Fault(format!("an object cannot be compressed: {error}")))
}

/// Removes what an earlier run wrote: the folders of formats and the two tables, nothing else.
fn empty(out: &Path) -> Result<(), Fault> {
    for folder in Format::ALL.map(|format| out.join(format.folder())) {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .map_err(|error| Fault(format!("cannot empty {}: {error}", folder.display())))?;
        }
    }
    Ok(())
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let wrong = |error: std::io::Error| Fault(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    std::fs::write(path, bytes).map_err(wrong)
}

fn parsed<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, Fault> {
    value.parse().map_err(|_| Fault(format!("{flag}: {value} is not a value it takes")))
}

fn formats(names: &str) -> Result<Vec<Format>, Fault> {
    let known = |name: &str| {
        Format::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| Fault(format!("--formats: {name} is not a format")))
    };
    names.split(',').map(known).collect()
}
