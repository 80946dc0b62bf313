//! Requests to object stores: a wrapper that tells a hook of each one before it is made, and this process's counts.
//!
//! Counts belong to the process, because one process is one run. The wrapper changes nothing about a request; a hook may
//! refuse it, which is how a run that lost its lock stops writing.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result,
};

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Bytes of an object.
    Get,
    /// What is known of an object.
    Head,
    /// Objects below a prefix; a store may need several requests for one.
    List,
    /// An object written.
    Put,
    /// An object deleted.
    Delete,
    /// An object copied inside the store.
    Copy,
}

const KINDS: [(Request, &str); 6] = [
    (Request::Get, "get"),
    (Request::Head, "head"),
    (Request::List, "list"),
    (Request::Put, "put"),
    (Request::Delete, "delete"),
    (Request::Copy, "copy"),
];

impl Request {
    /// Whether the request changes the store.
    pub fn is_write(self) -> bool {
        matches!(self, Request::Put | Request::Delete | Request::Copy)
    }
}

/// What is told of requests.
pub trait Hook: fmt::Debug + Send + Sync + 'static {
    /// Called before a request is made; an error is the request's error, and nothing is sent.
    fn before(&self, request: Request) -> BoxFuture<'_, Result<()>>;

    /// Called with the bytes that a get or put moves.
    fn moves(&self, _request: Request, _bytes: u64) {}
}

/// A store whose requests are told to a hook.
#[derive(Debug, Clone)]
pub struct Hooked {
    inner: Arc<dyn ObjectStore>,
    hook: Arc<dyn Hook>,
}

impl Hooked {
    /// Wraps a store whose requests a hook is told of.
    pub fn telling(inner: Arc<dyn ObjectStore>, hook: Arc<dyn Hook>) -> Arc<dyn ObjectStore> {
        Arc::new(Hooked { inner, hook })
    }

    /// Wraps a store so that its requests are among the counts of this process.
    pub fn counted(inner: Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
        Hooked::telling(inner, Arc::new(Counter))
    }
}

impl fmt::Display for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

// Written without the attribute macro of the trait: its futures are boxed by hand.
impl ObjectStore for Hooked {
    fn put_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> BoxFuture<'t, Result<PutResult>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(async move {
            self.hook.before(Request::Put).await?;
            self.hook.moves(Request::Put, payload.content_length() as u64);
            self.inner.put_opts(location, payload, options).await
        })
    }

    fn put_multipart_opts<'a, 'b, 't>(
        &'a self,
        location: &'b Path,
        options: PutMultipartOptions,
    ) -> BoxFuture<'t, Result<Box<dyn MultipartUpload>>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(async move {
            self.hook.before(Request::Put).await?;
            self.inner.put_multipart_opts(location, options).await
        })
    }

    fn get_opts<'a, 'b, 't>(&'a self, location: &'b Path, options: GetOptions) -> BoxFuture<'t, Result<GetResult>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(async move {
            let request = if options.head { Request::Head } else { Request::Get };
            self.hook.before(request).await?;
            let found = self.inner.get_opts(location, options).await?;
            if request == Request::Get {
                self.hook.moves(request, found.range.end.saturating_sub(found.range.start));
            }
            Ok(found)
        })
    }

    fn get_ranges<'a, 'b, 'c, 't>(
        &'a self,
        location: &'b Path,
        ranges: &'c [Range<u64>],
    ) -> BoxFuture<'t, Result<Vec<Bytes>>>
    where
        'a: 't,
        'b: 't,
        'c: 't,
    {
        Box::pin(async move {
            self.hook.before(Request::Get).await?;
            let found = self.inner.get_ranges(location, ranges).await?;
            self.hook.moves(Request::Get, found.iter().map(|bytes| bytes.len() as u64).sum());
            Ok(found)
        })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let hook = self.hook.clone();
        let allowed = locations.and_then(move |location| {
            let hook = hook.clone();
            async move { hook.before(Request::Delete).await.map(|()| location) }
        });
        self.inner.delete_stream(allowed.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (hook, listed) = (self.hook.clone(), self.inner.list(prefix));
        stream::once(async move { hook.before(Request::List).await.map(|()| listed) }).try_flatten().boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (hook, listed) = (self.hook.clone(), self.inner.list_with_offset(prefix, offset));
        stream::once(async move { hook.before(Request::List).await.map(|()| listed) }).try_flatten().boxed()
    }

    fn list_with_delimiter<'a, 'b, 't>(&'a self, prefix: Option<&'b Path>) -> BoxFuture<'t, Result<ListResult>>
    where
        'a: 't,
        'b: 't,
    {
        Box::pin(async move {
            self.hook.before(Request::List).await?;
            self.inner.list_with_delimiter(prefix).await
        })
    }

    fn copy_opts<'a, 'b, 'c, 't>(
        &'a self,
        from: &'b Path,
        to: &'c Path,
        options: CopyOptions,
    ) -> BoxFuture<'t, Result<()>>
    where
        'a: 't,
        'b: 't,
        'c: 't,
    {
        Box::pin(async move {
            self.hook.before(Request::Copy).await?;
            self.inner.copy_opts(from, to, options).await
        })
    }
}

static MADE: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];
static MOVED: [AtomicU64; 6] = [const { AtomicU64::new(0) }; 6];

#[derive(Debug)]
struct Counter;

impl Hook for Counter {
    fn before(&self, request: Request) -> BoxFuture<'_, Result<()>> {
        MADE[request as usize].fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(()) })
    }

    fn moves(&self, request: Request, bytes: u64) {
        MOVED[request as usize].fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Requests to stores and the bytes that they moved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// Requests by kind.
    pub made: BTreeMap<&'static str, u64>,
    /// Bytes that were got.
    pub bytes_got: u64,
    /// Bytes that were put.
    pub bytes_put: u64,
}

impl Counts {
    /// What this process did until now.
    pub fn now() -> Counts {
        let moved = |request: Request| MOVED[request as usize].load(Ordering::Relaxed);
        Counts {
            made: KINDS
                .iter()
                .map(|(request, name)| (*name, MADE[*request as usize].load(Ordering::Relaxed)))
                .collect(),
            bytes_got: moved(Request::Get),
            bytes_put: moved(Request::Put),
        }
    }

    /// What was done after an earlier moment.
    pub fn since(&self, earlier: &Counts) -> Counts {
        let before = |kind: &str| earlier.made.get(kind).copied().unwrap_or_default();
        Counts {
            made: self.made.iter().map(|(kind, made)| (*kind, made.saturating_sub(before(kind)))).collect(),
            bytes_got: self.bytes_got.saturating_sub(earlier.bytes_got),
            bytes_put: self.bytes_put.saturating_sub(earlier.bytes_put),
        }
    }
}
