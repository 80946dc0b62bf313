//! An object store in memory that stops at a write, loses a reply, or lets something happen in between.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Called before each write with its number, from 1, and its key.
type Happens = Box<dyn Fn(usize, &str) + Send + Sync>;

#[derive(Default)]
struct Faults {
    writes: Vec<String>,
    stop_at: Option<usize>,
    is_stopped: bool,
    lost_replies: Vec<usize>,
    happens: Option<Arc<Happens>>,
}

/// The store. Clones share everything.
#[derive(Clone, Default)]
pub struct Faulty {
    inner: Arc<InMemory>,
    faults: Arc<Mutex<Faults>>,
}

/// What becomes of a write.
enum Fate {
    Done,
    ReplyLost,
}

impl Faulty {
    /// A store that holds the objects of another one.
    pub async fn copy_of(objects: &BTreeMap<String, Bytes>) -> Faulty {
        let store = Faulty::default();
        for (key, bytes) in objects {
            store.inner.put(&Path::from(key.as_str()), bytes.clone().into()).await.expect("memory");
        }
        store
    }

    /// The same objects as a store in memory, whose versions they keep.
    pub fn over(inner: Arc<InMemory>) -> Faulty {
        Faulty { inner, ..Faulty::default() }
    }

    /// Nothing is written or read any more from the write of this number on: the process is gone.
    pub fn stop_at(self, write: usize) -> Faulty {
        self.faults.lock().unwrap().stop_at = Some(write);
        self
    }

    /// The write of this number is done, but its reply is lost.
    pub fn lose_reply(self, write: usize) -> Faulty {
        self.faults.lock().unwrap().lost_replies.push(write);
        self
    }

    /// Something happens before each write.
    pub fn before_writes(self, happens: impl Fn(usize, &str) + Send + Sync + 'static) -> Faulty {
        self.faults.lock().unwrap().happens = Some(Arc::new(Box::new(happens)));
        self
    }

    /// Keys that were written or deleted, in order.
    pub fn writes(&self) -> Vec<String> {
        self.faults.lock().unwrap().writes.clone()
    }

    /// The store without its faults.
    pub fn memory(&self) -> Arc<InMemory> {
        self.inner.clone()
    }

    /// Everything that it holds.
    pub async fn objects(&self) -> BTreeMap<String, Bytes> {
        let listed: Vec<ObjectMeta> = self.inner.list(None).try_collect().await.expect("memory");
        let mut objects = BTreeMap::new();
        for meta in listed {
            let bytes = self.inner.get(&meta.location).await.expect("memory").bytes().await.expect("memory");
            objects.insert(meta.location.to_string(), bytes);
        }
        objects
    }

    fn write(&self, location: &Path) -> Result<Fate> {
        let (number, happens) = {
            let mut faults = self.faults.lock().unwrap();
            let number = faults.writes.len() + 1;
            faults.is_stopped |= faults.stop_at.is_some_and(|stop_at| number >= stop_at);
            if faults.is_stopped {
                return Err(gone());
            }
            faults.writes.push(location.to_string());
            (number, faults.happens.clone())
        };
        if let Some(happens) = happens {
            happens(number, location.as_ref());
        }
        let is_lost = self.faults.lock().unwrap().lost_replies.contains(&number);
        Ok(if is_lost { Fate::ReplyLost } else { Fate::Done })
    }

    fn read(&self) -> Result<()> {
        if self.faults.lock().unwrap().is_stopped { Err(gone()) } else { Ok(()) }
    }
}

fn gone() -> Error {
    Error::Generic { store: "faulty", source: "the process is gone".into() }
}

fn reply_lost() -> Error {
    Error::Generic { store: "faulty", source: "connection reset by peer".into() }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let fate = self.write(location)?;
        let put = self.inner.put_opts(location, payload, options).await;
        match fate {
            Fate::Done => put,
            Fate::ReplyLost => Err(reply_lost()),
        }
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        panic!("nothing is written in parts")
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.read()?;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let this = self.clone();
        let allowed = locations.map(move |location| {
            let location = location?;
            this.write(&location).map(|_| location)
        });
        self.inner.delete_stream(allowed.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.read() {
            Ok(()) => self.inner.list(prefix),
            Err(error) => futures::stream::once(async { Err(error) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.read()?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.write(to)?;
        self.inner.copy_opts(from, to, options).await
    }
}
