//! From a URL and its options to an object store, with the run's limits and the counting of requests built in.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::http::HttpBuilder;
use object_store::path::Path;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use crate::config::{Stores, is_secret};
use crate::error::{Error, Result};
use crate::requests::Hooked;
use crate::store::refusal;
use crate::wire::{Verb, Wire};

/// The process's one in-memory store: `memory:` URLs of the sample and of tests share it.
static MEMORY: LazyLock<Arc<object_store::memory::InMemory>> = LazyLock::new(Arc::default);

/// Stores that the embedding program brought: `memory://NAME/` is the one that bears the name.
static MOUNTED: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>> = Mutex::new(BTreeMap::new());

/// Lets `memory://NAME/` be a store of the embedding program's own, replacing what bore the name.
pub fn mount(name: &str, store: Arc<dyn ObjectStore>) {
    MOUNTED.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_string(), store);
}

/// The store of a `memory:` URL.
fn memory(url: &Url) -> Result<Arc<dyn ObjectStore>> {
    let Some(name) = url.host_str() else { return Ok(MEMORY.clone()) };
    let mounted = MOUNTED.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
    mounted.ok_or_else(|| {
        Error::usage(format!("no store is mounted as `{name}`"))
            .at(format!("at `{url}`"))
            .hint("`memory:///folder/` is this process's own memory; names are for programs that embed trimtab")
    })
}

/// What a URL opens.
pub(super) struct Opened {
    pub inner: Arc<dyn ObjectStore>,
    pub prefix: Path,
    /// Plain HTTP: nothing can be written.
    pub is_read_only: bool,
    /// A folder of this machine.
    pub is_folder: bool,
    /// Values that must not be said.
    pub secrets: Vec<String>,
}

/// Opens the store of a URL; no request is made.
pub(super) fn open(url: &Url, stores: &Stores) -> Result<Opened> {
    let local = |inner: Arc<dyn ObjectStore>, prefix: Path| Opened {
        inner,
        prefix,
        is_read_only: false,
        is_folder: url.scheme() == "file",
        secrets: Vec::new(),
    };
    let opened = match url.scheme() {
        "memory" => {
            Ok(local(memory(url)?, Path::from_url_path(url.path()).map_err(|error| super::bad_url(url, error))?))
        }
        "file" => {
            let path = url.to_file_path().map_err(|()| Error::usage(format!("`{url}` is no local path")))?;
            let prefix = Path::from_absolute_path(path).map_err(|error| super::bad_url(url, error))?;
            let inner = object_store::local::LocalFileSystem::new().with_automatic_cleanup(false);
            Ok(local(Arc::new(inner), prefix))
        }
        "s3" | "s3a" | "gs" | "az" | "azure" | "adl" | "abfs" | "abfss" | "http" | "https" => remote(url, stores),
        other => Err(Error::usage(format!("`{other}:` is no known kind of store"))
            .at(format!("at `{url}`"))
            .hint("use a local path, s3://, gs://, az:// or https:// (read only)")),
    }?;
    Ok(Opened { inner: Hooked::counted(opened.inner), ..opened })
}

fn remote(url: &Url, stores: &Stores) -> Result<Opened> {
    let (scheme, prefix) = ObjectStoreScheme::parse(url).map_err(|error| {
        Error::usage(format!("`{url}` is no usable place"))
            .because(error.to_string())
            .hint("write s3://bucket/folder/, gs://bucket/folder/, az://container/folder/ or https://host/folder/")
    })?;
    let options = Options::of(url, stores);
    let wire = &stores.wire;
    let (client, retry) = (client(wire), retry(wire));
    let metered = Metered(wire.clone());
    let built = match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let mut builder = AmazonS3Builder::new()
                .with_client_options(client)
                .with_retry(retry)
                .with_http_connector(metered)
                .with_url(url.as_str());
            for (key, value) in options.of_kind::<AmazonS3ConfigKey>("S3")? {
                builder = builder.with_config(key, value);
            }
            builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder = GoogleCloudStorageBuilder::new()
                .with_client_options(client)
                .with_retry(retry)
                .with_http_connector(metered)
                .with_url(url.as_str());
            for (key, value) in options.of_kind::<GoogleConfigKey>("Google Cloud Storage")? {
                builder = builder.with_config(key, value);
            }
            builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder = MicrosoftAzureBuilder::new()
                .with_client_options(client)
                .with_retry(retry)
                .with_http_connector(metered)
                .with_url(url.as_str());
            for (key, value) in options.of_kind::<AzureConfigKey>("Azure Blob Storage")? {
                builder = builder.with_config(key, value);
            }
            builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
        }
        _ => {
            let mut builder = HttpBuilder::new()
                .with_client_options(client)
                .with_retry(retry)
                .with_http_connector(metered)
                .with_url(&url[..url::Position::BeforePath]);
            for (key, value) in options.of_kind::<ClientConfigKey>("HTTP")? {
                builder = builder.with_config(key, value);
            }
            // A plain address is a plain address: the run file says http:// in so many letters.
            builder = builder.with_config(ClientConfigKey::AllowHttp, "true");
            builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
        }
    };
    let is_read_only = matches!(scheme, ObjectStoreScheme::Http);
    let inner = built.map_err(|error| {
        Error::storage(format!("the store of `{url}` cannot be opened"))
            .because(refusal::scrubbed(&error.to_string(), &options.secrets))
            .hint("check the credentials in the environment and the options under [[stores]]")
    })?;
    Ok(Opened { inner, prefix, is_read_only, is_folder: false, secrets: options.secrets })
}

fn client(wire: &Wire) -> ClientOptions {
    ClientOptions::new().with_connect_timeout(wire.limits().connect).with_timeout(wire.limits().request)
}

fn retry(wire: &Wire) -> RetryConfig {
    RetryConfig {
        backoff: Default::default(),
        max_retries: wire.limits().retries,
        retry_timeout: wire.limits().retry_for,
    }
}

/// Options of one store: the environment's, then the run file's.
struct Options {
    url: String,
    environment: Vec<(String, String)>,
    run_file: Vec<(String, String)>,
    secrets: Vec<String>,
}

impl Options {
    fn of(url: &Url, stores: &Stores) -> Options {
        let environment = environment();
        let run_file: Vec<(String, String)> =
            stores.options.iter().filter(|store| store.fit(url)).flat_map(|store| store.options.clone()).collect();
        let secrets = environment.iter().chain(&run_file).filter(|(key, _)| is_secret(key));
        let secrets = secrets.map(|(_, value)| value.clone()).collect();
        Options { url: url.to_string(), environment, run_file, secrets }
    }

    /// The options that a kind of store has; the environment may hold others, the run file may not.
    fn of_kind<K: FromStr>(&self, kind: &str) -> Result<Vec<(K, String)>> {
        let known = self.environment.iter().filter_map(|(key, value)| Some((key.parse().ok()?, value.clone())));
        let mut known: Vec<(K, String)> = known.collect();
        for (key, value) in &self.run_file {
            let key = key.to_lowercase().parse().map_err(|_| {
                Error::usage(format!("`{key}` is no option of {kind}"))
                    .at(format!("at [[stores]] of `{}`", self.url))
                    .hint(
                        "options are named as the object_store crate names them, such as aws_region or azure_endpoint",
                    )
            })?;
            known.push((key, value.clone()));
        }
        Ok(known)
    }
}

/// The variables of the clouds, by their names in lower case.
fn environment() -> Vec<(String, String)> {
    let is_cloud = |key: &str| ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|cloud| key.starts_with(cloud));
    // Not `vars`: one variable that is no UTF-8 would end the process.
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| is_cloud(key))
        .map(|(key, value)| (key.to_lowercase(), value))
        .collect()
}

/// Values of the environment that must not be said.
pub(super) fn secrets() -> Vec<String> {
    environment().into_iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| value).collect()
}

/// Sends every request of a store over the run's wire.
#[derive(Debug)]
struct Metered(Arc<Wire>);

impl HttpConnector for Metered {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(MeteredClient { inner, wire: self.0.clone() }))
    }
}

struct MeteredClient {
    inner: HttpClient,
    wire: Arc<Wire>,
}

impl fmt::Debug for MeteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MeteredClient")
    }
}

impl HttpService for MeteredClient {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = std::result::Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let query = request.uri().query().unwrap_or_default();
            let is_list = ["list-type=2", "comp=list"].iter().any(|part| query.contains(part));
            let verb = match request.method().as_str() {
                "GET" if is_list => Verb::List,
                "PROPFIND" => Verb::List,
                "GET" => Verb::Get,
                "HEAD" => Verb::Head,
                "PUT" => Verb::Put,
                _ => Verb::Other,
            };
            if is_plain_write(&request)
                && let Err(refused) = self.wire.may_write().await
            {
                // Of this kind the client tries nothing again.
                return Err(HttpError::new(HttpErrorKind::Unknown, Refused(refused)));
            }
            let place = self.wire.admit(verb).await;
            let answer = match self.inner.execute(request).await {
                Ok(page) if verb == Verb::List => whole(page).await,
                answer => answer,
            };
            if answer.as_ref().map_or(true, |answer| answer.status().as_u16() >= 500 || answer.status() == 429) {
                self.wire.failed();
            }
            drop(place);
            answer
        })
    }
}

/// Whether a request changes an object whatever stands there. A put under a condition is refused by the store itself, and
/// is how the lock is written; a put to the machine's own metadata service only asks for credentials.
fn is_plain_write(request: &HttpRequest) -> bool {
    let conditions = ["if-match", "if-none-match", "x-goog-if-generation-match"];
    let is_write = match request.method().as_str() {
        "PUT" => request.uri().path() != "/latest/api/token",
        "DELETE" => true,
        "POST" => request
            .uri()
            .query()
            .is_some_and(|query| query.split('&').any(|part| part.starts_with("delete") || part == "comp=batch")),
        _ => false,
    };
    is_write && !conditions.iter().any(|name| request.headers().contains_key(*name))
}

/// Why a write did not go out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A page of a listing with its body read. The client sends a request again when the connection breaks before the answer,
/// and takes up an object's body where it was cut; a page's body it reads once. So it is read here, inside its retries.
async fn whole(page: HttpResponse) -> std::result::Result<HttpResponse, HttpError> {
    let (head, body) = page.into_parts();
    match body.bytes().await {
        Ok(bytes) => Ok(HttpResponse::from_parts(head, bytes.into())),
        Err(error) if error.kind() == HttpErrorKind::Timeout => Err(error),
        Err(error) => Err(HttpError::new(HttpErrorKind::Interrupted, error)),
    }
}
