//! Folders, run files and the program itself, for tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program: cargo names it to tests; a proof finds it in the folder above its own.
pub fn program() -> PathBuf {
    if let Some(program) = option_env!("CARGO_BIN_EXE_trimtab") {
        return program.into();
    }
    let proof = std::env::current_exe().expect("a program");
    let program = proof.ancestors().nth(2).expect("a folder").join("trimtab");
    assert!(program.exists(), "`{}` is not there: build it with the same profile first", program.display());
    program
}

/// Text files of a folder with an ending, by name.
pub fn texts_in(folder: &str, ending: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut texts: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
        })
        .collect();
    texts.sort();
    texts
}

/// A folder of its own that is gone when the value is dropped.
pub struct Place(tempfile::TempDir);

/// What a run of the program said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Place {
        Place(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders can be made");
        std::fs::write(&path, bytes).expect("a file can be written");
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes `trimtab.toml` with sources (name, format, url) and further lines, publishing to `out/`.
    pub fn run_file(&self, date: &str, sources: &[(&str, &str, &str)], more: &str) -> PathBuf {
        let mut text = format!("date = \"{date}\"\nstate = \"out/state/\"\noutput = \"out/\"\n");
        for (name, format, url) in sources {
            text += &format!("[[sources]]\nname = \"{name}\"\nformat = \"{format}\"\nurl = \"{url}\"\n");
        }
        self.write("trimtab.toml", text + more)
    }

    /// Runs the program in this folder.
    pub fn trimtab(&self, arguments: &[&str]) -> Said {
        said(Command::new(program()).args(arguments).current_dir(self.0.path()).output())
    }

    /// Every file below a folder, by relative path, without the ones that a path part of `leave_out` names.
    pub fn files(&self, folder: &str, leave_out: &[&str]) -> Vec<(String, Vec<u8>)> {
        let top = self.path(folder);
        let mut found = Vec::new();
        let mut pending = vec![top.clone()];
        while let Some(next) = pending.pop() {
            for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
                let path = entry.expect("an entry").path();
                let name = path.strip_prefix(&top).expect("below the folder").display().to_string();
                if name.split('/').any(|part| leave_out.contains(&part)) {
                    continue;
                }
                if path.is_dir() {
                    pending.push(path);
                } else {
                    found.push((name, std::fs::read(&path).expect("a file")));
                }
            }
        }
        found.sort();
        found
    }
}

/// A row of a select: cells as text by column name; null is the empty text.
pub type Row = std::collections::BTreeMap<String, String>;

impl Place {
    /// Rows of a select over what the run file of this folder published and keeps.
    pub fn sql(&self, select: &str) -> Vec<Row> {
        self.sql_with(select, &[])
    }

    /// The same, with further arguments.
    pub fn sql_with(&self, select: &str, more: &[&str]) -> Vec<Row> {
        let arguments = [&["sql", select, "--format", "csv", "--config", "trimtab.toml"], more].concat();
        let said = self.trimtab(&arguments);
        assert_eq!(said.code, 0, "{select}\n{}", said.err);
        csv::Reader::from_reader(said.out.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
    }
}

pub fn said(output: std::io::Result<Output>) -> Said {
    let output = output.expect("the program starts");
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A format of one call a line, for projects small enough for hundreds of nights: path and text of its two files.
pub const TINY_CALLS: [(&str, &str); 2] = [
    (
        "schemas/sources/tiny_calls.sql",
        "-- One call.\n--\n-- docs: none\ncreate external table tiny_calls (\n    at timestamp with time zone not null,\n    \
         id varchar,\n    n bigint\n)\nstored as json\nlocation 'logs/';\n",
    ),
    (
        "queries/staging/requests/tiny_calls.sql",
        "-- One call.\n--\n-- grain:  id\n-- tokens: no cached input\n-- docs:   none\nselect\n    _object_key as x_object_key,\n    \
         _line as x_line,\n    at as x_end_time,\n    'openai' as gen_ai_provider_name,\n    id as gen_ai_response_id,\n    \
         n as gen_ai_usage_input_tokens,\n    n as usage_input_uncached_tokens,\n    'ok' as x_status\nfrom tiny_calls\n",
    ),
];

/// Lines of a run file for data of years ago, of which a night by default keeps two months.
pub const KEEPS_ALL: &str = "[retention]\nrequests_days = 36500\ndaily_months = 1200\nevaluations_months = 1200\n";
