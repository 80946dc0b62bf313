//! `trimtab init`: a commented run file that passes `check`.

use crate::error::Result;

/// The example run file; a test holds that it passes `check`.
pub const EXAMPLE: &str = include_str!("init.toml");

pub(super) fn run() -> Result<()> {
    print!("{EXAMPLE}");
    Ok(())
}
