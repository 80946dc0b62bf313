//! A small HTTP server and client on threads, for tests: stand-ins for stores, and a proxy that breaks things on purpose.

pub mod faults;
pub mod gcs;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// Path and query, still encoded.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The decoded path without its slash.
    pub fn path(&self) -> String {
        decoded(self.target.split('?').next().unwrap_or_default().trim_start_matches('/'))
    }

    /// A decoded value of the query.
    pub fn query(&self, name: &str) -> Option<String> {
        let pairs = self.target.split_once('?')?.1.split('&');
        let mut values = pairs.filter_map(|pair| pair.split_once('='));
        values.find(|(key, _)| *key == name).map(|(_, value)| decoded(&value.replace('+', " ")))
    }

    pub fn is_list(&self) -> bool {
        self.method == "GET" && (self.target.contains("list-type=2") || self.target.contains("comp=list"))
    }
}

/// What a handler answers, and how the answer goes out.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub how: How,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum How {
    #[default]
    Whole,
    /// The whole length is announced, so many bytes come, the connection ends.
    Cut(usize),
    /// The connection ends without an answer.
    Nothing,
    /// So many bytes at a time, with a pause before each.
    Slow(usize, Duration),
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status, body: body.into(), ..Answer::default() }
    }

    pub fn with(mut self, name: &str, value: impl ToString) -> Answer {
        self.headers.push((name.into(), value.to_string()));
        self
    }
}

/// A server on a free port of this machine; it ends with the value.
pub struct Server {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl Server {
    pub fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let (handler, over) = (Arc::new(handler), is_over.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let handler = handler.clone();
                std::thread::spawn(move || serve(stream, handler.as_ref()));
            }
        });
        Server { address, is_over }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers the requests of one connection until it ends.
fn serve(stream: TcpStream, handler: &(impl Fn(&Request) -> Answer + ?Sized)) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let (first, headers) = head(&mut reader)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_string(), words.next()?.to_string());
        let body = body(&mut reader, &headers, false)?;
        let request = Request { method, target, headers, body };
        let answer = handler(&request);
        if answer.how == How::Nothing {
            return None;
        }
        let is_head = request.method == "HEAD";
        let mut text = format!("HTTP/1.1 {} x\r\n", answer.status);
        for (name, value) in &answer.headers {
            text += &format!("{name}: {value}\r\n");
        }
        if header(&answer.headers, "content-length").is_none() && answer.status != 204 {
            text += &format!("content-length: {}\r\n", answer.body.len());
        }
        writer.write_all(format!("{text}\r\n").as_bytes()).ok()?;
        if is_head {
            continue;
        }
        match answer.how {
            How::Cut(length) => {
                writer.write_all(&answer.body[..length.min(answer.body.len())]).ok()?;
                return None;
            }
            How::Slow(size, pause) => {
                for part in answer.body.chunks(size.max(1)) {
                    std::thread::sleep(pause);
                    writer.write_all(part).ok()?;
                }
            }
            How::Whole | How::Nothing => writer.write_all(&answer.body).ok()?,
        }
    }
}

/// Sends a request to a server of this machine and reads the whole answer. `None`: the connection broke.
pub fn send(port: u16, request: &Request) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_nodelay(true).ok()?;
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    if request.header("host").is_none() {
        text += &format!("host: 127.0.0.1:{port}\r\n");
    }
    for (name, value) in request.headers.iter().filter(|(name, _)| !same(name, "connection")) {
        text += &format!("{name}: {value}\r\n");
    }
    if request.header("content-length").is_none() && !request.body.is_empty() {
        text += &format!("content-length: {}\r\n", request.body.len());
    }
    stream.write_all(format!("{text}connection: close\r\n\r\n").as_bytes()).ok()?;
    stream.write_all(&request.body).ok()?;
    let mut reader = BufReader::new(stream);
    let (first, mut headers) = head(&mut reader)?;
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let body = if request.method == "HEAD" || status == 204 || status == 304 {
        Vec::new()
    } else {
        body(&mut reader, &headers, true)?
    };
    headers.retain(|(name, _)| !["connection", "transfer-encoding"].iter().any(|other| same(name, other)));
    Some(Answer { status, headers, body, how: How::Whole })
}

/// A `GET` of a path.
pub fn get(port: u16, target: &str) -> Option<Answer> {
    send(port, &Request { method: "GET".into(), target: target.into(), ..Request::default() })
}

fn head(reader: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let first = line.trim_end().to_string();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_string(), value.trim().to_string())),
            None => return Some((first, headers)),
        }
    }
}

fn body(reader: &mut impl BufRead, headers: &[(String, String)], is_answer: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if header(headers, "transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let size = usize::from_str_radix(line.trim().split(';').next()?, 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                return Some(bytes);
            }
            bytes.extend_from_slice(&chunk[..size]);
        }
    }
    match header(headers, "content-length").and_then(|length| length.parse().ok()) {
        Some(length) => {
            bytes.resize(length, 0);
            reader.read_exact(&mut bytes).ok()?;
        }
        None if is_answer => {
            reader.read_to_end(&mut bytes).ok()?;
        }
        None => {}
    }
    Some(bytes)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| same(key, name)).map(|(_, value)| value.as_str())
}

fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// `%20` and its kin as what they stand for.
pub fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, more @ ..] = rest {
        let value = more.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match value.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text for a path or query: everything but letters, digits, `-`, `.`, `_` and `~` encoded.
pub fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
