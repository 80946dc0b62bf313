//! Bills that others made: 1,000 lines of three providers, 800 of a generator and 56 examples of the specification. Rows
//! and sums by month and category equal an independent program's to the last decimal, and so do the rejected lines.

use super::{data, python_with, script};
use crate::support::{KEEPS_ALL, Place};

const SUMS: &str = "\
2024-09 Adjustment 2 0.272000000000 0.000000000000
2024-09 Credit 1 -2.613700000000 -3.000000000000
2024-09 Usage 997 22.861926728990 17.976514185860
2026-05 Purchase 144 13570.354000000000 8579.860000000000
2026-05 Tax 25 97.135255219232 97.135255219232
2026-05 Usage 631 7163.732140890203 12154.226140890203
";

#[test]
fn bills_add_up_to_what_another_program_finds() {
    let (Some(data), Some(python)) = (data(), python_with("decimal")) else { return };
    let folder = data.join("data/focus");
    let place = Place::new();
    let lenient = "[[parameters]]\nparameter_id = \"C-01\"\nname = \"max_rejected_share\"\nexpected = 1.0\n";
    let more = format!("{KEEPS_ALL}{lenient}");
    place.run_file("2026-06-01", &[("bills", "focus", &format!("{}/", folder.display()))], &more);
    let said = place.trimtab(&["run", "--config", "trimtab.toml", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let sums = place.sql(
        "select substr(cast(charge_period_start as varchar), 1, 7) as month, charge_category as category, \
         count(*) as lines, sum(billed_cost) as billed, coalesce(sum(effective_cost), 0) as effective \
         from charges group by month, category order by month, category",
    );
    let cells = |row: &crate::support::Row| {
        ["month", "category", "lines", "billed", "effective"].map(|name| row[name].clone()).join(" ") + "\n"
    };
    let found: String = sums.iter().map(cells).collect();
    assert_eq!(found, SUMS);
    let rejected = place.sql("select object_key, line from quarantine");
    let mut rejected: Vec<String> = rejected
        .iter()
        .map(|row| format!("rejected {} {}\n", row["object_key"].rsplit('/').next().unwrap_or(""), row["line"]))
        .collect();
    rejected.sort();
    assert_eq!(rejected.len(), 56);
    assert_eq!(python.run(&script("focus_sums.py"), &[&folder]), found + &rejected.concat());
}
