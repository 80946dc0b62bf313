//! Places to put objects in, for tests: a URL, the options that reach it, and the server behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use trimtab::config::{StoreOptions, Stores};
use trimtab::store::Store;
use trimtab::wire::{Limits, Wire};
use url::Url;

use crate::http::{self, Request, Server, encoded, gcs};
use crate::support::{Place, root};

/// Credentials of the local servers; they check them where they can.
pub const KEY: &str = "trimtab-test";
pub const SECRET: &str = "trimtab-test-secret";
/// Those of an identity that may only read, where a server has one.
pub const READER_KEY: &str = "trimtab-reader";
pub const READER_SECRET: &str = "trimtab-reader-secret";
/// Azurite's own account, the same everywhere and published by its makers.
const AZURITE_ACCOUNT: &str = "devstoreaccount1";
const AZURITE_KEY: &str =
    concat!("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/", "K1SZFPTOtr/KBHBeksoGMGw==");

/// A place of one kind.
pub struct Shelf {
    pub name: &'static str,
    /// URL of a bucket, with a slash at its end.
    pub url: String,
    /// Options of `[[stores]]`; a value `${NAME}` is read from `environment`.
    pub options: BTreeMap<String, String>,
    pub environment: Vec<(String, String)>,
    /// Port of the server, for a proxy before it.
    pub port: u16,
    _behind: Behind,
}

/// Says whether a server that was started answers as it should.
type IsReady = Box<dyn Fn(&Shelf) -> bool>;

/// What ends with the shelf.
#[expect(dead_code, reason = "held, never looked at")]
enum Behind {
    Nothing,
    Folder(Place),
    Server(Server),
    Process(Process, Place),
}

/// A process that ends with the value, and with this process whatever ends it.
pub struct Process(Child);

impl Process {
    fn start(command: &[String], place: &Place) -> Process {
        // The group lives as long as the pipe that only this process holds open.
        let script = "\"$@\" >server.log 2>&1 </dev/null & cat >/dev/null; kill -KILL 0";
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).args(command).current_dir(place.path(""));
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut shell, 0);
        Process(shell.spawn().expect("sh starts"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Whether a program can be started.
pub fn is_there(program: &str, arguments: &[&str]) -> bool {
    let started = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    started.is_ok_and(|said| said.status.success())
}

/// A port that nobody listens on, with its neighbour 10,000 above, which some servers take too; each is given out once.
fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for _ in 0..1_000 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        // Both lie below the ports that this machine gives to connections.
        let port = 10_000 + port % 10_000;
        let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if is_free(port) && is_free(port + 10_000) && given.insert(port) {
            return port;
        }
    }
    panic!("no free port")
}

fn options(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn s3_options(port: u16) -> BTreeMap<String, String> {
    options(&[
        ("aws_endpoint", &format!("http://127.0.0.1:{port}")),
        ("aws_allow_http", "true"),
        ("aws_region", "us-east-1"),
        ("aws_access_key_id", "${SHELF_KEY}"),
        ("aws_secret_access_key", "${SHELF_SECRET}"),
    ])
}

fn s3_environment() -> Vec<(String, String)> {
    vec![("SHELF_KEY".into(), KEY.into()), ("SHELF_SECRET".into(), SECRET.into())]
}

fn gcs_options(port: u16) -> BTreeMap<String, String> {
    options(&[
        ("google_base_url", &format!("http://127.0.0.1:{port}")),
        ("google_service_account_key", "${SHELF_SECRET}"),
        ("allow_http", "true"),
    ])
}

/// An account without a signature: what the client's own tests use.
fn gcs_environment() -> Vec<(String, String)> {
    let account = "{\"disable_oauth\":true,\"client_email\":\"\",\"private_key\":\"\",\"private_key_id\":\"\"}";
    vec![("SHELF_SECRET".into(), account.into())]
}

impl Shelf {
    pub fn folder() -> Shelf {
        let place = Place::new();
        let url = Url::from_directory_path(place.path("")).expect("a folder").to_string();
        Shelf::plain("local files", url, Behind::Folder(place))
    }

    pub fn memory() -> Shelf {
        Shelf::plain("memory", format!("memory:///shelf-{}/", free_port()), Behind::Nothing)
    }

    fn plain(name: &'static str, url: String, behind: Behind) -> Shelf {
        Shelf { name, url, options: BTreeMap::new(), environment: Vec::new(), port: 0, _behind: behind }
    }

    /// Google Cloud Storage as the stub in this crate speaks it.
    pub fn gcs_stub() -> Shelf {
        let server = gcs::start();
        let port = server.port();
        let shelf = Shelf::plain("GCS stub", "gs://bucket/".into(), Behind::Server(server));
        Shelf { options: gcs_options(port), environment: gcs_environment(), port, ..shelf }
    }

    /// moto looks and writes in two steps: with one request at a time it keeps S3's promise that one of many writers wins.
    pub fn moto() -> Shelf {
        const SERVER: &str = "import sys\n\
            from moto.server import DomainDispatcherApplication, create_backend_app\n\
            from werkzeug.serving import run_simple\n\
            run_simple('127.0.0.1', int(sys.argv[1]), DomainDispatcherApplication(create_backend_app), threaded=False)";
        Shelf::up(|| {
            let port = free_port();
            let command = ["python3", "-c", SERVER, &port.to_string()];
            let shelf = Shelf::process("moto (S3)", "s3://bucket/", port, &command, Place::new(), s3_options(port));
            let request = Request { method: "PUT".into(), target: "/bucket".into(), ..Request::default() };
            let made = move |_: &Shelf| http::send(port, &request).is_some_and(|answer| answer.status == 200);
            (shelf, Box::new(made))
        })
    }

    pub fn seaweedfs() -> Shelf {
        Shelf::up(Shelf::one_seaweedfs)
    }

    fn one_seaweedfs() -> (Shelf, IsReady) {
        let port = free_port();
        let place = Place::new();
        place.write(
            "weed.json",
            format!(
                "{{\"identities\":[{{\"name\":\"ci\",\"credentials\":[{{\"accessKey\":\"{KEY}\",\"secretKey\":\"{SECRET}\"}}],\
                 \"actions\":[\"Admin\",\"Read\",\"Write\",\"List\",\"Tagging\"]}},{{\"name\":\"reader\",\"credentials\":\
                 [{{\"accessKey\":\"{READER_KEY}\",\"secretKey\":\"{READER_SECRET}\"}}],\"actions\":[\"Read\",\"List\"]}}]}}"
            ),
        );
        std::fs::create_dir_all(place.path("data")).expect("a folder");
        let ports: Vec<String> =
            ["master", "volume", "filer"].iter().map(|part| format!("-{part}.port={}", free_port())).collect();
        let fixed = "weed server -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir=data -s3 -s3.config=weed.json -volume.max=20 \
                     -master.volumeSizeLimitMB=256 -master.telemetry=false -s3.port.iceberg=0 -s3.port.lance=0";
        let s3 = format!("-s3.port={port}");
        let command: Vec<&str> =
            fixed.split_whitespace().chain(ports.iter().map(String::as_str)).chain([s3.as_str()]).collect();
        let shelf = Shelf::process("SeaweedFS (S3)", "s3://bucket/", port, &command, place, s3_options(port));
        // Its buckets are folders, made by the first signed put; while it starts, one may stay without an answer.
        let limits = Limits { request: Duration::from_secs(5), retries: 0, ..Limits::default() };
        let is_ready = move |shelf: &Shelf| {
            let store = shelf.store_with("", &shelf.stores_with(shelf.options.clone(), limits));
            wait(store.put("ready", Bytes::from_static(b"1"))).is_ok() && wait(store.delete("ready")).is_ok()
        };
        (shelf, Box::new(is_ready))
    }

    pub fn azurite() -> Shelf {
        Shelf::up(Shelf::one_azurite)
    }

    fn one_azurite() -> (Shelf, IsReady) {
        let port = free_port();
        let port_text = port.to_string();
        let mut command = vec!["azurite-blob", "--blobHost", "127.0.0.1", "--blobPort", &port_text];
        command.extend(["--disableTelemetry", "--silent", "--skipApiVersionCheck", "--inMemoryPersistence"]);
        let options = options(&[
            ("azure_storage_account_name", AZURITE_ACCOUNT),
            ("azure_storage_account_key", "${SHELF_SECRET}"),
            ("azure_endpoint", &format!("http://127.0.0.1:{port}/{AZURITE_ACCOUNT}")),
            ("azure_allow_http", "true"),
        ]);
        let shelf = Shelf::process("Azurite", "az://bucket/", port, &command, Place::new(), options);
        let shelf = Shelf { environment: vec![("SHELF_SECRET".into(), AZURITE_KEY.into())], ..shelf };
        // The client makes no containers, and Azurite wants them signed: Python's standard library is enough.
        let script = root().join("tests/it/witness/azure_container.py");
        let is_ready = move |_: &Shelf| {
            let container = [&port.to_string(), AZURITE_ACCOUNT, AZURITE_KEY, "bucket"];
            http::get(port, "/").is_some()
                && Command::new("python3").arg(&script).args(container).output().is_ok_and(|said| said.status.success())
        };
        (shelf, Box::new(is_ready))
    }

    /// Google's interface for reading; what is put in goes another way, see [`Shelf::fill`].
    pub fn fake_gcs(program: &str) -> Shelf {
        Shelf::up(|| Shelf::one_fake_gcs(program))
    }

    fn one_fake_gcs(program: &str) -> (Shelf, IsReady) {
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let (port_text, url) = (port.to_string(), format!("http://{address}"));
        let mut command = vec![program, "-scheme", "http", "-host", "127.0.0.1", "-port", &port_text];
        command.extend(["-backend", "memory", "-public-host", &address, "-external-url", &url]);
        let shelf = Shelf::process("fake-gcs-server", "gs://bucket/", port, &command, Place::new(), gcs_options(port));
        let shelf = Shelf { environment: gcs_environment(), ..shelf };
        let made = move |_: &Shelf| post(port, "/storage/v1/b?project=t", b"{\"name\":\"bucket\"}") == Some(200);
        (shelf, Box::new(made))
    }

    fn process(
        name: &'static str,
        url: &str,
        port: u16,
        command: &[&str],
        place: Place,
        options: BTreeMap<String, String>,
    ) -> Shelf {
        let command: Vec<String> = command.iter().map(|word| word.to_string()).collect();
        let process = Process::start(&command, &place);
        let shelf = Shelf::plain(name, url.into(), Behind::Process(process, place));
        Shelf { options, environment: s3_environment(), port, ..shelf }
    }

    /// A server that answers as it should. One that does not come up is started again, on other ports.
    fn up(start: impl Fn() -> (Shelf, IsReady)) -> Shelf {
        let mut logs = String::new();
        for _ in 0..4 {
            let (shelf, is_ready) = start();
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(60) {
                if is_ready(&shelf) {
                    return shelf;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
            if let Behind::Process(_, place) = &shelf._behind {
                logs += &format!("\n-- {}\n{}", shelf.name, place.read("server.log"));
            }
        }
        panic!("a server does not come up:{logs}")
    }

    /// The same place by way of another port, such as a proxy's.
    pub fn through(&self, port: u16) -> BTreeMap<String, String> {
        let (old, new) = (format!("127.0.0.1:{}", self.port), format!("127.0.0.1:{port}"));
        self.options.iter().map(|(key, value)| (key.clone(), value.replace(&old, &new))).collect()
    }

    /// What opens stores here in this process.
    pub fn stores(&self) -> Stores {
        self.stores_with(self.options.clone(), Limits::default())
    }

    pub fn stores_with(&self, options: BTreeMap<String, String>, limits: Limits) -> Stores {
        let value = |text: &String| {
            let named = self.environment.iter().find(|(name, _)| *text == format!("${{{name}}}"));
            named.map_or(text.clone(), |(_, value)| value.clone())
        };
        let options = options.iter().map(|(key, text)| (key.clone(), value(text))).collect();
        Stores { options: vec![StoreOptions { url: self.url.clone(), options }], wire: Wire::new(limits).into() }
    }

    /// A store below the bucket.
    pub fn store(&self, folder: &str) -> Store {
        self.store_with(folder, &self.stores())
    }

    pub fn store_with(&self, folder: &str, stores: &Stores) -> Store {
        let url = Url::parse(&format!("{}{folder}", self.url)).expect("a URL");
        Store::open(&url, stores).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Lines of a run file that reach this place.
    pub fn run_file_lines(&self, options: &BTreeMap<String, String>) -> String {
        let pairs: Vec<String> = options.iter().map(|(key, value)| format!("{key} = \"{value}\"")).collect();
        format!("\n[[stores]]\nurl = \"{}\"\noptions = {{ {} }}\n", self.url, pairs.join(", "))
    }

    /// Puts objects in, many at once.
    pub fn fill(&self, folder: &str, objects: &[(String, Vec<u8>)]) {
        if self.name == "fake-gcs-server" {
            for (key, bytes) in objects {
                let name = encoded(&format!("{folder}{key}"));
                let target = format!("/upload/storage/v1/b/bucket/o?uploadType=media&name={name}");
                assert_eq!(post(self.port, &target, bytes), Some(200), "{key}");
            }
            return;
        }
        let store = self.store(folder);
        let puts = futures::stream::iter(objects.iter().map(|(key, bytes)| store.put(key, Bytes::from(bytes.clone()))));
        let done: Result<Vec<()>, _> = wait(puts.buffer_unordered(16).try_collect());
        done.unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    /// A folder of this machine is there before it is listed; buckets have none.
    fn made(&self, folder: &str) {
        if let Behind::Folder(place) = &self._behind {
            std::fs::create_dir_all(place.path(folder)).expect("a folder");
        }
    }

    /// Takes everything out of a folder.
    pub fn clear(&self, folder: &str) {
        self.made(folder);
        let store = self.store(folder);
        wait(async {
            for object in store.list().await.unwrap_or_else(|error| panic!("{}: {error}", self.name)) {
                store.delete(&object.key).await.unwrap_or_else(|error| panic!("{}: {error}", self.name));
            }
        });
    }

    /// Everything that stands below a folder, and is still there when it is read.
    pub fn everything(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        self.made(folder);
        let store = self.store(folder);
        wait(async {
            let listed = store.list().await.unwrap_or_else(|error| panic!("{}: {error}", self.name));
            let mut found = BTreeMap::new();
            for object in listed {
                match store.get_listed(&object).await {
                    Ok(bytes) => drop(found.insert(object.key, bytes.to_vec())),
                    // A run that is at work takes its own away, such as the proof that it can write.
                    Err(_) if matches!(store.get_if_exists(&object.key).await, Ok(None)) => {}
                    Err(error) => panic!("{}: {error}", self.name),
                }
            }
            found
        })
    }
}

fn post(port: u16, target: &str, body: &[u8]) -> Option<u16> {
    let headers = vec![("content-type".into(), "application/json".into())];
    let request = Request { method: "POST".into(), target: target.into(), headers, body: body.into() };
    http::send(port, &request).map(|answer| answer.status)
}

/// Waits for one thing, outside of any runtime.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    use std::cell::OnceCell;
    use tokio::runtime::{Builder, Runtime};
    // One runtime a thread: a client's connections belong to the runtime that opened them.
    thread_local!(static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() });
    RUNTIME.with(|runtime| {
        runtime.get_or_init(|| Builder::new_current_thread().enable_all().build().expect("a runtime")).block_on(future)
    })
}
