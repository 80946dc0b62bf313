//! The one error of the crate: eight kinds, each of which means something different for the person who reads it.
//!
//! A message says what failed, a place says where, a hint proposes one action. The source chain is kept and printed by
//! `main`, which is also the only place that turns a kind into an exit code.

use std::error::Error as StdError;
use std::fmt;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who has to act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The caller: arguments or run file.
    Usage,
    /// The author of a query, schema, template or seed.
    Project,
    /// The author of a mapping or query whose columns differ from its contract.
    Contract,
    /// Operations: access, missing object, network.
    Storage,
    /// The owner of the data: a source without a readable row, or without a required column everywhere.
    Data,
    /// The analyst: a check of severity `error` returned rows.
    Check,
    /// Another run holds the lock.
    Busy,
    /// Us, or the engine: planning or execution failed.
    Engine,
}

impl Kind {
    /// The process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Engine => 1,
            Kind::Usage | Kind::Project | Kind::Contract => 2,
            Kind::Storage => 3,
            Kind::Data => 4,
            Kind::Check => 5,
            Kind::Busy => 75,
        }
    }
}

/// What failed, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    kind: Kind,
    message: String,
    places: Vec<String>,
    hint: Option<String>,
    #[source]
    source: Option<Box<dyn StdError + Send + Sync>>,
}

macro_rules! constructors {
    ($($name:ident $kind:ident $doc:literal)*) => {$(
        #[doc = $doc]
        pub fn $name(message: impl Into<String>) -> Self {
            Self { kind: Kind::$kind, message: message.into(), places: Vec::new(), hint: None, source: None }
        }
    )*};
}

impl Error {
    constructors! {
        usage Usage "The caller has to change arguments or the run file."
        project Project "A file of the project is wrong."
        contract Contract "A query's columns differ from its contract."
        storage Storage "A store refused or lost something."
        data Data "A source is unreadable."
        check Check "A check of severity `error` returned rows."
        busy Busy "Another run holds the lock."
        engine Engine "Planning or execution failed."
    }

    /// Adds a line that says where: a path, a relation, a URL.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.places.push(place.into());
        self
    }

    /// Adds the one action that the reader should try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind, and with it the exit code.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The proposed action, if there is one.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for place in &self.places {
            write!(f, "\n  {place}")?;
        }
        Ok(())
    }
}

impl From<datafusion::error::DataFusionError> for Error {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        Error::engine("the query engine failed").because(error)
    }
}

impl From<datafusion::arrow::error::ArrowError> for Error {
    fn from(error: datafusion::arrow::error::ArrowError) -> Self {
        Error::engine("a columnar operation failed").because(error)
    }
}

impl From<datafusion::parquet::errors::ParquetError> for Error {
    fn from(error: datafusion::parquet::errors::ParquetError) -> Self {
        Error::engine("writing or reading Parquet failed").because(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_its_places_and_keeps_its_hint() {
        let error = Error::project("query `x` is wrong").at("at queries/marts/x.sql:3").hint("mend it");
        assert_eq!(error.to_string(), "query `x` is wrong\n  at queries/marts/x.sql:3");
        assert_eq!(error.hint_text(), Some("mend it"));
        assert_eq!(error.kind().exit_code(), 2);
        assert_eq!(Kind::Busy.exit_code(), 75);
    }
}
