//! The bytes of an object as they were before compression: gzip and zstd are known by their first bytes, never by name.
//!
//! Damage does not lose what came before it: `read` hands out every good byte, and `fault` then says what is wrong.

use std::io::{self, Read};

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::Limits;

/// Below this many bytes no ratio is suspicious.
const RATIO_FREE_BYTES: u64 = 1 << 20;
/// How much one call may inflate; what a failing call of zstd has to be read again for.
pub(super) const PIECE: usize = 1 << 16;

/// A source of inflated bytes with a limit.
pub(super) struct Inflate<'a> {
    codec: Codec<'a>,
    total: u64,
    /// The most bytes to hand out, and what to say when there are more.
    cap: u64,
    cap_fault: String,
    fault: Option<String>,
}

enum Codec<'a> {
    Plain(&'a [u8]),
    Gzip(Gzip<'a>),
    Zstd(Box<Zstd<'a>>),
}

impl<'a> Inflate<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Self {
        let (codec, fault) = match bytes {
            [0x1f, 0x8b, ..] => (Codec::Gzip(Gzip::new(bytes)), None),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => match Zstd::new(bytes) {
                Ok(zstd) => (Codec::Zstd(Box::new(zstd)), None),
                Err(error) => (Codec::Plain(&[]), Some(format!("zstd stream cannot be opened: {error}"))),
            },
            _ => (Codec::Plain(bytes), None),
        };
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let by_ratio = size.saturating_mul(limits.max_inflate_ratio).max(RATIO_FREE_BYTES);
        let is_plain = matches!(codec, Codec::Plain(_));
        let (cap, cap_fault) = if is_plain || limits.max_object_bytes <= by_ratio {
            (limits.max_object_bytes, format!("inflates to more than {} bytes", limits.max_object_bytes))
        } else {
            (by_ratio, format!("inflates to more than {} times its size", limits.max_inflate_ratio))
        };
        Self { codec, total: 0, cap, cap_fault, fault }
    }

    /// Bytes handed out so far.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// What is wrong with the stream, once `fill` has come to its end.
    pub(super) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Writes the next bytes into `out` and says how many; 0 at the end, at damage and at the limit.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        if self.fault.is_some() || out.is_empty() {
            return 0;
        }
        let piece = out.len().min(PIECE);
        let (mut length, fault) = self.codec.fill(&mut out[..piece]);
        self.fault = fault.map(|what| format!("{what} after {} inflated bytes", self.total + length as u64));
        let room = usize::try_from(self.cap - self.total).unwrap_or(usize::MAX);
        if length > room {
            length = room;
            self.fault = Some(self.cap_fault.clone());
        }
        self.total += length as u64;
        length
    }

    /// Adds the next bytes to the end of `text` and says how many.
    pub(super) fn fill_end(&mut self, text: &mut Vec<u8>) -> usize {
        let before = text.len();
        text.resize(before + PIECE, 0);
        let length = self.fill(&mut text[before..]);
        text.truncate(before + length);
        length
    }
}

impl Read for Inflate<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.fill(out))
    }
}

impl Codec<'_> {
    fn fill(&mut self, out: &mut [u8]) -> (usize, Option<String>) {
        match self {
            Self::Plain(rest) => {
                let (piece, after) = rest.split_at(out.len().min(rest.len()));
                out[..piece.len()].copy_from_slice(piece);
                *rest = after;
                (piece.len(), None)
            }
            Self::Gzip(gzip) => gzip.fill(out),
            Self::Zstd(zstd) => zstd.fill(out),
        }
    }
}

/// Members of gzip, one after another. flate2's own reader of them drops what a failing call had inflated.
struct Gzip<'a> {
    rest: &'a [u8],
    member: Option<(Decompress, Crc)>,
}

impl<'a> Gzip<'a> {
    fn new(rest: &'a [u8]) -> Self {
        Self { rest, member: None }
    }

    fn fill(&mut self, out: &mut [u8]) -> (usize, Option<String>) {
        loop {
            let Some((inflater, crc)) = &mut self.member else {
                // Zeros after the last member are padding.
                if self.rest.iter().all(|byte| *byte == 0) {
                    return (0, None);
                }
                match skip_header(self.rest) {
                    Ok(rest) => self.rest = rest,
                    Err(what) => return (0, Some(what)),
                }
                self.member = Some((Decompress::new(false), Crc::new()));
                continue;
            };
            let (taken_before, made_before) = (inflater.total_in(), inflater.total_out());
            let status = inflater.decompress(self.rest, out, FlushDecompress::None);
            let taken = (inflater.total_in() - taken_before) as usize;
            let made = (inflater.total_out() - made_before) as usize;
            self.rest = self.rest.get(taken..).unwrap_or_default();
            crc.update(out.get(..made).unwrap_or_default());
            let fault = match status {
                Ok(Status::StreamEnd) => self.end_member().err(),
                Ok(_) if taken == 0 && made == 0 => Some("gzip stream is cut off".into()),
                Ok(_) => None,
                Err(_) => Some("gzip stream is corrupt".into()),
            };
            if made > 0 || fault.is_some() {
                return (made, fault);
            }
        }
    }

    /// Compares checksum and length behind a member with what was inflated.
    fn end_member(&mut self) -> Result<(), String> {
        let Some((_, crc)) = self.member.take() else {
            return Ok(());
        };
        let Some(([a, b, c, d, e, f, g, h], rest)) = self.rest.split_first_chunk::<8>() else {
            return Err("gzip stream is cut off".into());
        };
        self.rest = rest;
        let is_good =
            u32::from_le_bytes([*a, *b, *c, *d]) == crc.sum() && u32::from_le_bytes([*e, *f, *g, *h]) == crc.amount();
        if is_good { Ok(()) } else { Err("gzip stream fails its checksum".into()) }
    }
}

/// What stands behind the header of a gzip member (RFC 1952).
fn skip_header(bytes: &[u8]) -> Result<&[u8], String> {
    let cut = || "gzip stream is cut off".to_owned();
    if !bytes.starts_with(&[0x1f, 0x8b]) && bytes != [0x1f] {
        return Err("gzip stream is followed by other bytes".into());
    }
    let (header, mut rest) = bytes.split_first_chunk::<10>().ok_or_else(cut)?;
    let [_, _, method, flags, ..] = *header;
    if method != 8 || flags & 0xe0 != 0 {
        return Err("gzip stream has an unknown header".into());
    }
    if flags & 0x04 != 0 {
        let ([low, high], behind) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        rest = behind.get(usize::from(u16::from_le_bytes([*low, *high]))..).ok_or_else(cut)?;
    }
    // Name and comment end with a zero each.
    for flag in [0x08, 0x10] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0).ok_or_else(cut)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 0x02 != 0 {
        rest = rest.get(2..).ok_or_else(cut)?;
    }
    Ok(rest)
}

/// Frames of zstd, one after another.
struct Zstd<'a> {
    bytes: &'a [u8],
    decoder: zstd::Decoder<'static, &'a [u8]>,
    made: u64,
}

impl<'a> Zstd<'a> {
    fn new(bytes: &'a [u8]) -> io::Result<Self> {
        Ok(Self { bytes, decoder: zstd::Decoder::with_buffer(bytes)?, made: 0 })
    }

    fn fill(&mut self, out: &mut [u8]) -> (usize, Option<String>) {
        match self.decoder.read(out) {
            Ok(length) => {
                self.made += length as u64;
                (length, None)
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => (0, Some("zstd stream is cut off".into())),
            Err(error) => (self.salvage(out), Some(format!("zstd stream is corrupt ({error})"))),
        }
    }

    /// The decoder drops what the failing call had inflated: go there again, then byte by byte.
    fn salvage(&self, out: &mut [u8]) -> usize {
        let Ok(mut decoder) = zstd::Decoder::with_buffer(self.bytes) else {
            return 0;
        };
        if io::copy(&mut (&mut decoder).take(self.made), &mut io::sink()).is_err() {
            return 0;
        }
        let mut length = 0;
        for byte in out.chunks_mut(1) {
            match decoder.read(byte) {
                Ok(1) => length += 1,
                _ => break,
            }
        }
        length
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    pub(in super::super) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    pub(in super::super) fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn inflate_with(bytes: &[u8], limits: &Limits) -> (Vec<u8>, Option<String>) {
        let mut source = Inflate::open(bytes, limits);
        let mut text = Vec::new();
        while source.fill_end(&mut text) > 0 {}
        assert_eq!(source.total(), text.len() as u64);
        (text, source.fault().map(str::to_owned))
    }

    fn inflate(bytes: &[u8]) -> (Vec<u8>, Option<String>) {
        inflate_with(bytes, &Limits::default())
    }

    /// Text that compresses, but not to nothing.
    fn sample(lines: u32) -> Vec<u8> {
        (0..lines)
            .flat_map(|n| format!("{{\"n\":{},\"m\":{n}}}\n", n.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    #[test]
    fn plain_gzip_and_zstd_are_told_apart_by_their_bytes() {
        let text = sample(20_000);
        for bytes in [text.clone(), gzip(&text), zstd(&text)] {
            assert_eq!(inflate(&bytes), (text.clone(), None));
        }
        assert_eq!(inflate(b""), (vec![], None));
        assert_eq!(inflate(&gzip(b"")), (vec![], None));
        assert_eq!(inflate(&zstd(b"")), (vec![], None));
    }

    #[test]
    fn several_members_and_frames_are_one_text() {
        let mut members = gzip(b"one\n");
        members.extend(gzip(b""));
        members.extend(gzip(b"two\n"));
        members.extend([0; 512]);
        assert_eq!(inflate(&members), (b"one\ntwo\n".to_vec(), None));
        let mut frames = zstd(b"one\n");
        frames.extend(zstd(b"two\n"));
        assert_eq!(inflate(&frames), (b"one\ntwo\n".to_vec(), None));
    }

    #[test]
    fn headers_of_gzip_may_be_full() {
        let mut bytes = Vec::new();
        let mut encoder = flate2::GzBuilder::new()
            .filename("a")
            .comment("b")
            .extra(vec![1, 2, 3])
            .write(&mut bytes, flate2::Compression::fast());
        encoder.write_all(b"text").unwrap();
        encoder.finish().unwrap();
        assert_eq!(inflate(&bytes), (b"text".to_vec(), None));
        for end in 2..bytes.len() {
            let (text, fault) = inflate(&bytes[..end]);
            assert!(b"text".starts_with(&text) && fault.is_some(), "cut at {end}");
        }
    }

    #[test]
    fn a_cut_stream_gives_what_came_before() {
        let text = sample(20_000);
        let bytes = gzip(&text);
        let (part, fault) = inflate(&bytes[..bytes.len() / 2]);
        assert!(part.len() > text.len() / 3 && text.starts_with(&part));
        assert_eq!(fault, Some(format!("gzip stream is cut off after {} inflated bytes", part.len())));
        let bytes = zstd(&text);
        let (part, fault) = inflate(&bytes[..bytes.len() / 2]);
        assert!(part.len() > text.len() / 5 && text.starts_with(&part));
        assert_eq!(fault, Some(format!("zstd stream is cut off after {} inflated bytes", part.len())));
    }

    #[test]
    fn a_corrupt_stream_gives_what_came_before() {
        let text = sample(2_000);
        let mut bytes = gzip(&text);
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xff);
        let (part, fault) = inflate(&bytes);
        assert!(part.len() > text.len() / 3, "{}", part.len());
        assert!(fault.unwrap().starts_with("gzip stream "));

        let mut bytes = gzip(&text);
        let checksum = bytes.len() - 5;
        bytes[checksum] ^= 1;
        let (all, fault) = inflate(&bytes);
        assert_eq!(all, text);
        assert_eq!(fault, Some(format!("gzip stream fails its checksum after {} inflated bytes", text.len())));
    }

    #[test]
    fn zstd_blocks_before_the_damage_are_kept() {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        for n in 0..50 {
            encoder.write_all(format!("{n:>20}\n").as_bytes()).unwrap();
            encoder.flush().unwrap();
        }
        let mut bytes = encoder.finish().unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xff);
        let (part, fault) = inflate(&bytes);
        assert!(part.len() > 400, "{}", part.len());
        assert!(fault.unwrap().starts_with("zstd stream is corrupt"));
    }

    #[test]
    fn what_follows_a_stream_is_a_fault() {
        for packed in [gzip(b"text"), zstd(b"text")] {
            let mut bytes = packed;
            bytes.extend(b"{\"plain\":1}");
            let (text, fault) = inflate(&bytes);
            assert_eq!(text, b"text");
            assert!(fault.is_some());
        }
    }

    #[test]
    fn limits_hold_to_the_byte() {
        let text = vec![b' '; 3 << 20];
        let exact = Limits { max_object_bytes: 3 << 20, max_inflate_ratio: 1_000_000, ..Limits::default() };
        let less = Limits { max_object_bytes: (3 << 20) - 1, ..exact };
        let ratio = Limits { max_inflate_ratio: 10, ..Limits::default() };
        for bytes in [text.clone(), gzip(&text), zstd(&text)] {
            assert_eq!(inflate_with(&bytes, &exact), (text.clone(), None));
            let (part, fault) = inflate_with(&bytes, &less);
            assert_eq!(part.len(), (3 << 20) - 1);
            assert_eq!(fault.unwrap(), "inflates to more than 3145727 bytes");
        }
        let (part, fault) = inflate_with(&gzip(&text), &ratio);
        assert_eq!(part.len(), 1 << 20);
        assert_eq!(fault.unwrap(), "inflates to more than 10 times its size");
        assert_eq!(inflate_with(&text, &ratio), (text.clone(), None));
        let small = vec![b' '; 1 << 20];
        assert_eq!(inflate_with(&gzip(&small), &ratio), (small, None));
    }
}
