//! Sections 3.1 and 4: ratios of tokens, gates, tails and rules.

use super::super::catalog::Model;
use super::super::workload::{Class, Workload};

/// Low, expected and high: P10, value and P90.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub low: f64,
    pub expected: f64,
    pub high: f64,
}

const fn range(low: f64, expected: f64, high: f64) -> Range {
    Range { low, expected, high }
}

impl Range {
    pub fn sigma(&self) -> f64 {
        (self.high / self.low).ln() / (2.0 * super::Z90)
    }

    /// The value at a standard normal figure, of the lognormal whose P10 and P90 are stated.
    pub fn at(&self, place: f64) -> f64 {
        (self.low * self.high).sqrt() * (self.sigma() * place).exp()
    }

    /// The same, of the lognormal whose median is the expected value.
    pub fn around_expected(&self, place: f64) -> f64 {
        self.expected * (self.sigma() * place).exp()
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Ratios {
    pub tau: Range,
    pub nu: Range,
    pub gamma: Range,
    pub gamma0: Range,
}

/// The table of M 3.1.
pub fn ratios(from: &Model, to: &Model) -> Ratios {
    if from.id == to.id {
        let one = range(1.0, 1.0, 1.0);
        return Ratios { tau: one, nu: one, gamma: one, gamma0: one };
    }
    let tau = match (from.tokenizer, to.tokenizer) {
        (a, b) if a == b => range(1.0, 1.0, 1.0),
        ("claude-3", "claude-4.7") => range(1.0, 1.25, 1.46),
        ("claude-4.7", "claude-3") => range(1.0 / 1.46, 1.0 / 1.25, 1.0),
        _ => range(0.90, 1.10, 1.35),
    };
    let gamma = if !from.is_open && to.is_open { range(1.5, 2.5, 4.0) } else { range(0.5, 1.0, 2.0) };
    Ratios { tau, nu: range(0.8, 1.0, 1.3), gamma, gamma0: range(1.0, 5.0, 10.0) }
}

/// Tokens of reasoning on the candidate, for given gamma and gamma0, before tau (M 3.1).
pub fn reasoning(from: &Model, to: &Model, class: &Class, gamma: f64, gamma0: f64) -> f64 {
    match (from.has_reasoning, to.has_reasoning) {
        (_, false) => 0.0,
        (false, true) => gamma0 * class.visible as f64,
        (true, true) => gamma * class.reasoning as f64,
    }
}

/// Nearest rank by whole numbers (M 4.4).
fn p999(workload: &Workload, size: impl Fn(&Class) -> f64) -> f64 {
    let mut sizes: Vec<(f64, i64)> = workload.classes.iter().map(|class| (size(class), class.requests)).collect();
    sizes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: i64 = sizes.iter().map(|(_, requests)| requests).sum();
    let rank = (999 * total + 999) / 1000;
    let mut so_far = 0;
    for (size, requests) in &sizes {
        so_far += requests;
        if so_far >= rank {
            return *size;
        }
    }
    0.0
}

/// Output that the candidate must be able to write: high ends, because a wrong fit is an outage (M 4.1).
fn output_needed(workload: &Workload, from: &Model, to: &Model) -> f64 {
    let ratios = ratios(from, to);
    p999(workload, |class| {
        let thought = reasoning(from, to, class, ratios.gamma.high, ratios.gamma0.high);
        (class.visible as f64 * ratios.nu.high + thought) * ratios.tau.high
    })
}

fn reserved(workload: &Workload, from: &Model, to: &Model) -> f64 {
    output_needed(workload, from, to).min(to.max_output as f64)
}

/// Whether a call of a class fits the candidate's window.
pub fn is_small_enough(workload: &Workload, from: &Model, to: &Model, class: &Class) -> bool {
    class.input as f64 * ratios(from, to).tau.high + reserved(workload, from, to) <= to.window as f64
}

fn is_long(workload: &Workload, from: &Model, to: &Model) -> bool {
    p999(workload, |class| class.input as f64) * ratios(from, to).tau.high + reserved(workload, from, to)
        > to.window as f64
}

fn demands(workload: &Workload, what: impl Fn(&Class) -> bool) -> bool {
    workload.classes.iter().any(|class| class.requests > 0 && what(class))
}

/// What a rule lets through (M 4.3).
#[derive(Clone, Debug, Default)]
pub struct Rule {
    pub upto: Option<i64>,
    pub no_tools: bool,
    pub no_image: bool,
    pub no_schema: bool,
}

impl Rule {
    pub fn passes(&self, class: &Class) -> bool {
        self.upto.is_none_or(|upto| class.input <= upto)
            && !(self.no_tools && class.has_tools)
            && !(self.no_image && class.has_image)
            && !(self.no_schema && class.has_schema)
    }
}

/// The rule by which a part of the calls could move, where not all can: at most two facts known before the call. The
/// threshold is rounded down to an edge of the strata, so that the rule is what was priced.
pub fn split(workload: &Workload, to: &Model, models: &[Model], edges: &[i64]) -> Option<Rule> {
    let from = &models[workload.from];
    let mut rule = Rule {
        upto: None,
        no_tools: to.has_tools != Some(true) && demands(workload, |class| class.has_tools),
        no_image: !to.has_image && demands(workload, |class| class.has_image),
        no_schema: to.has_schema != Some(true) && demands(workload, |class| class.has_schema),
    };
    if is_long(workload, from, to) {
        let longest = (to.window as f64 - reserved(workload, from, to)) / ratios(from, to).tau.high;
        rule.upto = edges.iter().copied().filter(|edge| *edge as f64 <= longest.floor()).max();
        rule.upto.filter(|edge| *edge > 0)?;
    }
    let facts = [rule.upto.is_some(), rule.no_tools, rule.no_image, rule.no_schema];
    let facts = facts.iter().filter(|is| **is).count();
    (1..=2).contains(&facts).then_some(rule)
}

/// The rule's line, as a gateway gets it.
pub fn text(rule: &Rule) -> String {
    let mut facts = Vec::new();
    facts.extend(rule.upto.map(|upto| format!("input_tokens <= {upto}")));
    facts.extend(rule.no_tools.then(|| "tools = false".to_string()));
    facts.extend(rule.no_image.then(|| "image = false".to_string()));
    facts.extend(rule.no_schema.then(|| "schema = false".to_string()));
    format!("{} -> B ELSE A", facts.join(" AND "))
}

/// The line of the rule that the workload would need for a model.
pub fn rule(workload: &Workload, to: &Model, models: &[Model], edges: &[i64]) -> Option<String> {
    split(workload, to, models, edges).map(|rule| text(&rule))
}

/// What stands in the way of a candidate, the lowest share of cost that passes first.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    /// Share of the cost that passes, whether the gate is hard, and its code.
    pub failed: Vec<(f64, bool, &'static str)>,
    pub retires_in_horizon: bool,
    pub is_tight: bool,
}

impl Gates {
    pub fn binding(&self) -> Option<(f64, bool, &'static str)> {
        self.failed.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0).then(a.2.cmp(b.2)))
    }
}

/// The gates of M 4.1 for a candidate, under a rule or for all calls. `cost` is a class's on the model in use.
pub fn gates(
    workload: &Workload,
    to: &Model,
    models: &[Model],
    rule: Option<&Rule>,
    cost: impl Fn(&Class) -> f64,
) -> Gates {
    let from = &models[workload.from];
    let whole: f64 = workload.classes.iter().map(&cost).sum();
    let without = |what: &dyn Fn(&Class) -> bool| {
        1.0 - workload.classes.iter().filter(|class| what(class)).map(&cost).sum::<f64>() / whole
    };
    let mut gates = Gates::default();
    let mut fail = |share: f64, is_hard: bool, code| gates.failed.push((share, is_hard, code));
    let none = Rule::default();
    let rule_or_none = rule.unwrap_or(&none);
    if rule_or_none.upto.is_none() && is_long(workload, from, to) {
        fail(without(&|class| !is_small_enough(workload, from, to, class)), false, "CTX_TAIL");
    }
    let needed = output_needed(workload, from, to);
    if needed > to.max_output as f64 {
        fail(0.0, false, "OUT_MAX");
    }
    // Demanded and unknown fails closed.
    if demands(workload, |class| class.has_tools) && !rule_or_none.no_tools && to.has_tools != Some(true) {
        fail(without(&|class| class.has_tools), to.has_tools.is_none(), "TOOLS");
    }
    if demands(workload, |class| class.has_schema) && !rule_or_none.no_schema && to.has_schema != Some(true) {
        fail(without(&|class| class.has_schema), to.has_schema.is_none(), "SCHEMA");
    }
    if demands(workload, |class| class.has_image) && !rule_or_none.no_image && !to.has_image {
        fail(without(&|class| class.has_image), false, "MODALITY");
    }
    if workload.residency.is_some_and(|region| !to.regions.split('|').any(|known| known == region)) {
        fail(0.0, true, "REGION");
    }
    // Run date and lead of a month: 2026-12-21. The horizon ends on 2027-11-21.
    if to.retires_on.is_some_and(|day| day <= "2026-12-21") {
        fail(0.0, true, "RETIRED");
    }
    if to.output.is_none() {
        fail(0.0, true, "UNPRICED_TO");
    }
    if let Some(rule) = rule {
        let kept = without(&|class| !(rule.passes(class) && is_small_enough(workload, from, to, class)));
        if kept < 0.2 {
            fail(kept, false, "SPLIT_SHARE");
        }
    }
    gates.retires_in_horizon = to.retires_on.is_some_and(|day| day > "2026-12-21" && day < "2027-11-21");
    let long = p999(workload, |class| class.input as f64) * ratios(from, to).tau.high + reserved(workload, from, to);
    gates.is_tight = long > 0.8 * to.window as f64 || needed > 0.8 * to.max_output as f64;
    gates
}
