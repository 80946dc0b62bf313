//! Section 5: what the evaluation of a candidate shows, and how sure that is.

use super::super::workload::{CLUSTER, Candidate, Style, Workload};
use super::{Z95, phi};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    NonInferior,
    Inferior,
    Worse,
    Inconclusive,
    /// No evidence that could prove anything.
    None,
}

/// The evidence of one candidate.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// 1 is grade A.
    pub grade: u8,
    /// P of the margin's statistic: small where the candidate holds the margin.
    pub p: f64,
    pub verdict: Verdict,
    /// The model in use is inferior to the candidate.
    pub is_reversed: bool,
    /// Mean and spread of the loss.
    pub loss: f64,
    pub loss_sd: f64,
    pub items: f64,
    /// Share of items on which the two differ; None for totals.
    pub discordant: Option<f64>,
    /// Requests that it speaks for.
    pub rule: String,
}

/// Tango's statistic (M 5.4), with R = -c delta (1 - delta).
fn tango(n: f64, b: f64, c: f64, delta: f64) -> f64 {
    let q_big = -b - c + (2.0 * n - b + c) * delta;
    let r_big = -c * delta * (1.0 - delta);
    let q = ((q_big * q_big - 8.0 * n * r_big).sqrt() - q_big) / (4.0 * n);
    (b - c - n * delta) / (n * (2.0 * q + delta * (1.0 - delta))).sqrt()
}

/// Newcombe's limits of pB - pA from Wilson's (M 5.5).
fn newcombe(pa: f64, na: f64, pb: f64, nb: f64, z: f64) -> (f64, f64) {
    let wilson = |p: f64, n: f64| {
        let middle = p + z * z / (2.0 * n);
        let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        ((middle - reach) / (1.0 + z * z / n), (middle + reach) / (1.0 + z * z / n))
    };
    let ((a_low, a_high), (b_low, b_high)) = (wilson(pa, na), wilson(pb, nb));
    let change = pb - pa;
    (
        change - ((pb - b_low).powi(2) + (a_high - pa).powi(2)).sqrt(),
        change + ((b_high - pb).powi(2) + (pa - a_low).powi(2)).sqrt(),
    )
}

/// The z at which a limit of the interval meets a point, negative when the change lies above it.
fn meets(pa: f64, na: f64, pb: f64, nb: f64, point: f64) -> f64 {
    let is_above = pb - pa > point;
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..80 {
        let z = (low + high) / 2.0;
        let (lower, upper) = newcombe(pa, na, pb, nb, z);
        if if is_above { lower > point } else { upper < point } { low = z } else { high = z }
    }
    if is_above { -low } else { low }
}

/// What is known of a candidate before others are looked at; None when it was never evaluated on comparable terms.
pub fn evidence(workload: &Workload, candidate: &Candidate) -> Option<Evidence> {
    let shown = candidate.shown.as_ref()?;
    let base = match workload.style {
        Style::Paired | Style::Clustered => 1,
        Style::Old | Style::Unpaired => 2,
        Style::Judge => 3,
    };
    // Another method is no comparison, an evaluation by the candidate's vendor proves nothing.
    if shown.fault.is_some() {
        return None;
    }
    let right = if workload.style == Style::Unpaired {
        workload.sampled_right as f64 / workload.sampled as f64
    } else {
        workload.items.iter().filter(|right| **right).count() as f64 / workload.items.len() as f64
    };
    // A model in use that is no better than guessing was measured wrongly.
    if right <= 0.10 {
        return None;
    }
    let margin = workload.margin();
    let shrunk = if workload.style == Style::Judge { 0.6 } else { 1.0 };
    let mut evidence = if workload.style == Style::Unpaired {
        let n = workload.sampled as f64;
        let (pa, pb) = (right, shown.right as f64 / n);
        let z_margin = meets(pa, n, pb, n, -margin);
        let z_zero = meets(pa, n, pb, n, 0.0);
        let beta = |p: f64| {
            let (a, b) = (p * n + 0.5, (1.0 - p) * n + 0.5);
            (a / (a + b), a * b / ((a + b).powi(2) * (a + b + 1.0)))
        };
        let ((ma, va), (mb, vb)) = (beta(pa), beta(pb));
        Evidence {
            grade: base,
            p: phi(z_margin),
            verdict: verdict(z_margin, z_zero),
            is_reversed: -meets(pa, n, pb, n, margin) > Z95,
            loss: ma - mb,
            loss_sd: (va + vb).sqrt(),
            items: n,
            discordant: None,
            rule: shown.rule.clone(),
        }
    } else {
        let pairs = workload.items.iter().zip(&shown.answers);
        let b = pairs.clone().filter(|(a, b)| **a && !**b).count() as f64;
        let c = pairs.filter(|(a, b)| !**a && **b).count() as f64;
        let items = shown.answers.len() as f64;
        // Items of a cluster are one (DEFF with a correlation of 1).
        let deff = if workload.style == Style::Clustered { CLUSTER as f64 } else { 1.0 };
        let (n, b, c) = (items / deff, b / deff, c / deff);
        let z_margin = tango(n, b, c, margin * shrunk);
        let z_zero = if b + c > 0.0 { (b - c) / (b + c).sqrt() } else { 0.0 };
        Evidence {
            grade: base,
            p: phi(z_margin),
            verdict: verdict(z_margin, z_zero),
            is_reversed: tango(n, c, b, margin * shrunk) > Z95,
            loss: (b - c) / n / shrunk,
            // Half an item on each side, as Beta(k + 0.5, n - k + 0.5) has.
            loss_sd: ((b + c + 1.0) - (b - c).powi(2) / n).max(0.0).sqrt() / n / shrunk,
            items,
            discordant: Some((b * deff + c * deff + 0.5) / (items + 1.0)),
            rule: shown.rule.clone(),
        }
    };
    let effective = if workload.style == Style::Clustered { evidence.items / CLUSTER as f64 } else { evidence.items };
    if effective < 50.0 {
        evidence.grade += 1;
        evidence.verdict = Verdict::Inconclusive;
        // Neither way (M 5.5).
        evidence.is_reversed = false;
    }
    if evidence.grade > 3 {
        evidence.verdict = Verdict::Inconclusive;
        evidence.is_reversed = false;
    }
    Some(evidence)
}

fn verdict(z_margin: f64, z_zero: f64) -> Verdict {
    if z_margin < -Z95 {
        Verdict::NonInferior
    } else if z_margin > Z95 {
        Verdict::Inferior
    } else if z_zero > Z95 {
        Verdict::Worse
    } else {
        Verdict::Inconclusive
    }
}

/// Holm over the candidates that were tried: the smallest P is held to alpha over all of them, the next to one fewer, and
/// after the first that fails nothing is proven.
pub fn holm(mut tried: Vec<&mut Evidence>) {
    tried.sort_by(|a, b| a.p.total_cmp(&b.p));
    let all = tried.len();
    let mut is_open = true;
    for (place, evidence) in tried.into_iter().enumerate() {
        is_open &= evidence.p < 0.05 / (all - place) as f64;
        if !is_open && evidence.verdict == Verdict::NonInferior {
            evidence.verdict = Verdict::Inconclusive;
        }
    }
}
