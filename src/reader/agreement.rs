//! The fast path of JSON against the exact one: the same batches, the same account, whatever the text.

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
    use serde_json::value::RawValue;

    use super::super::cell::Tally;
    use super::super::fast::Plan;
    use super::super::scan::Scan;
    use super::super::tests::{Random, field, json_field, list, map, object, read_all, reader, required, strukt};
    use super::super::trials::tests::{Writer, fields};
    use super::super::{FileFormat, Limits};

    /// `short`, unless a long run is asked for.
    fn trials(short: usize) -> usize {
        std::env::var("TRIMTAB_LONG_TRIALS").ok().and_then(|count| count.parse().ok()).unwrap_or(short)
    }

    /// Reads a text on both paths and says how many of its records were taken, and how many rejected.
    fn both(fields: &[Field], limits: Limits, text: &[u8]) -> (i64, i64) {
        let fast = read_all(&mut reader(FileFormat::Json, fields.to_vec(), limits), &object(text));
        let exact = read_all(&mut reader(FileFormat::Json, fields.to_vec(), limits).exact(), &object(text));
        assert!(fast == exact, "{}\n{:?}\n{:?}", String::from_utf8_lossy(text), fast.1, exact.1);
        (fast.1.records - fast.1.rejected, fast.1.rejected)
    }

    fn is_fast(plan: &mut Plan, line: &[u8]) -> bool {
        plan.read(line, 64, &mut Tally::new(1 << 20)).is_some()
    }

    #[test]
    fn spoilt_texts_are_read_alike() {
        let mut writer = Writer { random: Random(5) };
        let (mut taken, mut rejected, mut fast) = (0, 0, 0);
        let mut plan = Plan::new(&fields().into()).unwrap();
        let count = trials(6_000);
        for trial in 0..count {
            let mut text = Vec::new();
            for _ in 0..=writer.random.below(3) {
                text.extend(writer.record().into_bytes());
                text.extend(writer.one_of(&["\n", "\n", "\r\n", " \n\n", "", ","]).bytes());
            }
            for _ in 0..writer.random.below(4) {
                writer.spoil(&mut text);
            }
            let limits = match trial % 8 {
                0 => Limits { max_depth: 3, ..Limits::default() },
                1 => Limits { max_line_bytes: 300, batch_rows: 2, ..Limits::default() },
                2 => Limits { max_rejected_per_object: 1, ..Limits::default() },
                _ => Limits::default(),
            };
            let (more, less) = both(&fields(), limits, &text);
            taken += more;
            rejected += less;
            fast += text.split(|byte| *byte == b'\n').filter(|line| is_fast(&mut plan, line)).count();
        }
        assert!(
            taken as usize > count / 2 && rejected as usize > count / 2 && fast > count / 8,
            "{taken} {rejected} {fast}"
        );
        println!("{count} spoilt texts: {taken} records taken, {rejected} rejected, {fast} lines read in one pass");
    }

    /// A value that nobody names is judged as serde_json judges it: never wrongly valid, and never doubted when valid.
    #[test]
    fn skipped_values_have_serde_jsons_verdict() {
        let pieces: Vec<&[u8]> = [
            "{",
            "}",
            "[",
            "]",
            "{}",
            "[]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"k\":",
            "\\",
            "\\u",
            "\\u00e9",
            "\\ud800",
            "\\x",
            "\\\"",
            "\\n",
            "0",
            "-",
            "12",
            "-0",
            "01",
            ".5",
            "1.",
            "1e5",
            "1E+",
            "1.5e-7",
            "e",
            "+",
            "true",
            "false",
            "null",
            "nul",
            "tru",
            " ",
            "\t",
            "\n",
            "\r",
            "\u{b}",
            "\0",
            "\u{1f}",
            "\u{7f}",
            "ü",
            "\u{2028}",
            "abcdefghijklmnop",
            "\"abcdefghijklmnopqrstuvwxyz012345\"",
            "/",
            "'",
        ]
        .iter()
        .map(|piece| piece.as_bytes())
        .collect();
        // A string or bracket that is opened is often closed, or few texts would be valid.
        let value = prop::collection::vec(prop::sample::select(pieces), 0..8).prop_map(|pieces| pieces.concat());
        let wrapped = (value, 0..6).prop_map(|(inner, shape): (Vec<u8>, i32)| {
            let inner = String::from_utf8(inner).unwrap();
            match shape {
                0 => inner,
                1 => format!("[{inner}]"),
                2 => format!("{{\"k\":{inner}}}"),
                3 => format!("\"{inner}\""),
                4 => format!("[1,{inner} ,{{}}]"),
                _ => format!("{{\"a\":[{{\"b\" : {inner}}}], \"c\" :0.5}}"),
            }
        });
        let cases = u32::try_from(trials(20_000)).unwrap();
        let mut runner = TestRunner::new_with_rng(
            Config { cases, failure_persistence: None, ..Config::default() },
            TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]),
        );
        let (valid, invalid) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
        let outcome = runner.run(&wrapped, |text| {
            let expected = serde_json::from_str::<&RawValue>(&text).is_ok();
            let count = if expected { &valid } else { &invalid };
            count.set(count.get() + 1);
            let mut scan = Scan::new(&text, 64);
            let is_valid = scan.skip_value().is_some() && scan.is_at_end();
            prop_assert_eq!(is_valid, expected, "{}", text);
            Ok(())
        });
        assert_eq!(outcome, Ok(()));
        assert!(valid.get() > cases / 20 && invalid.get() > cases / 4, "{valid:?} {invalid:?}");
        println!("{} valid and {} invalid values: one verdict", valid.get(), invalid.get());
    }

    #[test]
    fn every_place_in_a_record_may_be_spoilt_by_any_byte() {
        let text = br#"{"id": "a\u00e9b", "x": [{"k\"": "\ud800", "n": -1.5e+7}, true, null], "usage":{"in":12,"ratio":0.5}, "body": [1, {}]}"#;
        let text = [text.as_slice(), b"\n{\"id\":\"next\"}\n"].concat();
        for at in 0..text.len() {
            for byte in (0..=255_u8).step_by(if trials(0) > 0 { 1 } else { 7 }).chain(*b"{}[],:\"\\0 \n") {
                let mut spoilt = text.clone();
                spoilt[at] = byte;
                both(&fields(), Limits::default(), &spoilt);
            }
            both(&fields(), Limits::default(), &text[..at]);
        }
    }

    #[test]
    fn strings_may_end_at_any_place_of_a_block() {
        for length in 0..70 {
            let filler = "x".repeat(length);
            for end in ["", "\\n", "\\u00e9", "\\\\", "\u{1}", "\\", "ü", "\\ud800", "\\q", "\\u12"] {
                let line = format!(
                    "{{\"skipped{filler}\":\"{filler}{end}\",\"id\":\"{filler}{end}\",\"body\":\"{filler}{end}{filler}\"}}"
                );
                both(&fields(), Limits::default(), line.as_bytes());
            }
        }
    }

    #[test]
    fn the_limits_of_depth_are_the_same() {
        for depth in 60..70 {
            for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[", "]}]")] {
                let value = format!(
                    "{}1{}",
                    open.repeat(depth / open.matches(['[', '{']).count()),
                    close.repeat(depth / open.matches(['[', '{']).count())
                );
                for key in ["x", "body", "tags"] {
                    let line = format!("{{\"id\":\"a\",\"{key}\":{value}}}");
                    both(&fields(), Limits::default(), line.as_bytes());
                    both(&fields(), Limits { max_depth: 200, ..Limits::default() }, line.as_bytes());
                }
            }
        }
    }

    #[test]
    fn keys_that_repeat_or_change_their_order_are_read_alike() {
        let inner = strukt([
            required("n", DataType::Int64),
            field("t", list(strukt([json_field("j"), field("n", DataType::Utf8)]))),
        ]);
        let fields = [field("a", inner), field("b", DataType::Utf8), field("c", map()), required("d", DataType::Int64)];
        let members = [
            r#""a":{"n":1,"t":[{"j":{"x":1},"n":7},null,{}]}"#,
            r#""a": "{\"n\":2}""#,
            r#""a":null"#,
            r#""b":"x\ty""#,
            r#""b" : 1.50"#,
            r#""c":{"k":"v","l":null,"m":{"o":[]}}"#,
            r#""c":{"k":"v","k":2}"#,
            r#""c":[{"key":"k","value":true}]"#,
            r#""d":4"#,
            r#""d":"5""#,
            r#""\u0064":6"#,
            r#""z":{"d":9}"#,
        ];
        let mut random = Random(6);
        let (mut taken, mut rejected) = (0, 0);
        for _ in 0..trials(600) / 3 {
            let mut line = || {
                let chosen: Vec<&str> = (0..random.below(7)).map(|_| members[random.below(members.len())]).collect();
                format!("{{{}}}\n", chosen.join(if random.below(2) == 0 { "," } else { " , " }))
            };
            let text: String = (0..8).map(|_| line()).collect();
            let (more, less) = both(&fields, Limits::default(), text.as_bytes());
            taken += more;
            rejected += less;
        }
        assert!(taken > 100 && rejected > 100, "{taken} {rejected}");
    }

    #[test]
    fn doubt_is_left_to_the_exact_path() {
        let mut plan = Plan::new(&fields().into()).unwrap();
        for line in [
            r#"{"id":"a"}"#,
            r#" {"id" : "\ud83d\ude00", "x": {"\u0069": ["\ud800"]}} "#,
            r#"{"id":1.5,"usage":{"in":1}}"#,
        ] {
            assert!(is_fast(&mut plan, line.as_bytes()), "{line}");
        }
        for line in [
            r#"{}"#,
            r#"{"id":null}"#,
            r#"{"\u0069d":"a"}"#,
            r#"{"id":"a","id":"b"}"#,
            r#"{"id":"\ud800"}"#,
            r#"{"id":["a"]}"#,
            r#"{"id":"a","usage":{"in":1.5}}"#,
            r#"{"id":"a"} {"id":"b"}"#,
            r#"[{"id":"a"}]"#,
            r#"{"id":"a","x":01}"#,
            r#"{"id":"a","x":[1,]}"#,
            r#"{"id":"a",}"#,
        ] {
            assert!(!is_fast(&mut plan, line.as_bytes()), "{line}");
        }
        assert!(!is_fast(&mut plan, b"{\"id\":\"\xff\"}"));
    }
}
