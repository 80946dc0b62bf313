//! A disk that is full: a small file system of its own, which needs the right to mount one.

use std::process::Command;

use super::{absent, present};
use crate::support::{Place, program, said};

/// A file system in memory, gone with the value.
struct Disk(Place);

impl Disk {
    fn of(size: &str) -> Option<Disk> {
        let place = Place::new();
        place.write("disk/x", "");
        let mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"], &place);
        if mounted {
            present("a small file system", Disk(place))
        } else {
            absent("the right to mount a file system (root)")
        }
    }

    fn grow(&self, size: &str) {
        assert!(mount(&["-o", &format!("remount,size={size}")], &self.0), "it cannot grow");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path("disk")).output();
    }
}

fn mount(arguments: &[&str], place: &Place) -> bool {
    let mount = Command::new("mount").args(arguments).arg(place.path("disk")).output();
    mount.is_ok_and(|said| said.status.success())
}

#[test]
fn a_full_disk_fails_clearly_and_the_next_run_publishes() {
    // Full while days are written, while decisions are, and while marts are published.
    for size in ["64k", "200k", "300k", "340k"] {
        let Some(disk) = Disk::of(size) else { return };
        let place = &disk.0;
        let call = "{\"ts\":\"2026-10-05T08:00:00.000Z\",\"request\":{\"model\":\"gpt-5.4-mini\"},\"response\":{\"id\":\"chatcmpl-1\",\
                    \"object\":\"chat.completion\",\"model\":\"gpt-5.4-mini\",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":1}}}\n";
        place.write("logs/a.jsonl", call);
        let run_file = |name: &str, out: &str| {
            let source = "[[sources]]\nname = \"apps\"\nformat = \"openai_envelope\"\nurl = \"logs/\"\n";
            place.write(name, format!("date = \"2026-10-07\"\nstate = \"{out}state/\"\noutput = \"{out}\"\n{source}"))
        };
        let run = |name: &str| {
            said(
                Command::new(program()).args(["run", "--quiet", "--config", name]).current_dir(place.path("")).output(),
            )
        };
        run_file("full.toml", "disk/out/");
        let full = run("full.toml");
        assert_eq!(full.code, 3, "{size}: {}", full.err);
        for part in ["No space left on device", "disk/out/", "hint: ", "its disk has room"] {
            assert!(full.err.contains(part), "{size}: lacks `{part}`: {}", full.err);
        }
        let manifest = place.path("disk/out/manifest/run_date=2026-10-07/manifest.json");
        let manifest = std::fs::read_to_string(manifest).unwrap_or_default();
        assert!(!manifest.contains("\"complete\""), "{size}: a night without room is not complete");
        disk.grow("64m");
        let next = run("full.toml");
        assert_eq!(next.code, 0, "{size}: {}", next.err);
        run_file("calm.toml", "calm/");
        assert_eq!(run("calm.toml").code, 0);
        assert!(place.files("disk/out", &["state"]) == place.files("calm", &["state"]), "{size}: another publication");
    }
}
