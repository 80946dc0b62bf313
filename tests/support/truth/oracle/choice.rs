//! Sections 7 and 9: the one action of a workload.
//!
//! Where the method leaves a choice open, the reading is the one written down in docs/decisions.md: a setting of the model in
//! use comes first only where it is worth what waits; a proven bundle above the appetite is a PILOT that needs a signature;
//! an evaluation is valued after every cost of the move.

use super::super::catalog::Model;
use super::super::workload::{Criticality, Kind, WINDOW_WEEKS, Workload};
use super::fit::{self, Gates, Rule};
use super::money::{self, MONTH, Plan, Worth};
use super::quality::{self, Evidence, Verdict};

/// What is right for a workload, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub action: &'static str,
    pub reason: &'static str,
    /// The model that it moves to.
    pub to: Option<String>,
    pub is_split: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Prototype,
    Declining,
    Mature,
    Growing,
}

fn stage(workload: &Workload) -> Stage {
    let weeks = WINDOW_WEEKS.min(workload.age as usize / 7) as i64;
    let active = weeks * workload.days_a_week + i64::from(workload.age <= 28);
    let sum = |from: usize, upto: usize| (from..upto).map(|week| workload.week(week)).sum::<i64>();
    let (now, before) = (sum(0, WINDOW_WEEKS), sum(WINDOW_WEEKS, 2 * WINDOW_WEEKS));
    let growth = if before > 0 { now as f64 / before as f64 - 1.0 } else { f64::INFINITY };
    let churn = if workload.templates == 0 { i64::MAX } else { workload.templates - 1 };
    if workload.age < 30 || active < 10 {
        Stage::Prototype
    } else if growth <= -0.5 {
        Stage::Declining
    } else if workload.age >= 60 && growth.abs() <= 0.3 && churn <= 1 {
        Stage::Mature
    } else {
        Stage::Growing
    }
}

/// One priced alternative, judged.
struct Bundle {
    answer: Answer,
    gates: Gates,
    worth: Worth,
    is_cheaper: bool,
    is_price_known: bool,
    is_cheaper_by_list: bool,
    is_same_model: bool,
    verdict: Verdict,
    is_vetoed: bool,
}

impl Bundle {
    /// All calls may go to the candidate: nobody has shown that it is worse by more than the margin.
    fn is_way_out(&self) -> bool {
        !self.is_same_model
            && !self.answer.is_split
            && self.gates.failed.is_empty()
            && self.is_price_known
            && self.verdict != Verdict::Inferior
    }

    fn is(&self, actions: &[&str]) -> bool {
        actions.contains(&self.answer.action)
    }
}

/// A candidate for all calls or for those under a rule.
struct Variant {
    candidate: usize,
    rule: Option<Rule>,
    gates: Gates,
    evidence: Option<Evidence>,
}

fn variants(workload: &Workload, models: &[Model], edges: &[i64]) -> Vec<Variant> {
    let from = &models[workload.from];
    let mut variants = Vec::new();
    for (place, candidate) in workload.candidates.iter().enumerate() {
        let to = &models[candidate.model];
        let known = quality::evidence(workload, candidate);
        let rules = [None, fit::split(workload, to, models, edges)];
        for (is_split, rule) in rules.into_iter().enumerate() {
            if is_split == 1 && rule.is_none() {
                continue;
            }
            let gates = fit::gates(workload, to, models, rule.as_ref(), |class| money::class_cost(from, class));
            let line = rule.as_ref().map(fit::text).unwrap_or_default();
            // Evidence has to come from calls that satisfy the rule (M 4.5).
            let evidence = known.clone().filter(|evidence| evidence.rule == line);
            variants.push(Variant { candidate: place, rule, gates, evidence });
        }
    }
    let passed = variants.iter_mut().filter(|variant| variant.gates.failed.is_empty());
    quality::holm(passed.filter_map(|variant| variant.evidence.as_mut()).collect());
    variants
}

fn judge(workload: &Workload, models: &[Model], stage: Stage, variant: &Variant, plan: &Plan<'_>) -> Bundle {
    let from = &models[workload.from];
    let window = money::window(workload, from, plan);
    let (rate_a, rate_b) = (money::rate(&from.provider), money::rate(&plan.to.provider));
    let is_cheaper = window.source * rate_a > window.staying * rate_a + window.moved * rate_b;
    let evidence = variant.evidence.as_ref();
    let worth = money::worth(workload, from, plan, &window, evidence);
    let verdict = evidence.map_or(Verdict::None, |evidence| evidence.verdict);
    let is_good = plan.is_same_model || verdict == Verdict::NonInferior;
    let grade = evidence.map_or(1, |evidence| evidence.grade);
    let is_growing = stage == Stage::Growing;
    let is_vetoed = workload.canary == Some(true) && variant.candidate == 0 && !plan.is_same_model;
    let is_low = workload.criticality == Criticality::Low;
    let (action, reason) = if let Some((_, is_hard, code)) = variant.gates.binding() {
        (if is_hard { "BLOCKED" } else { "KEEP" }, code)
    } else if !is_cheaper {
        match evidence {
            Some(evidence) if evidence.is_reversed => ("MOVE_UP", "IN_USE_INFERIOR"),
            _ => ("KEEP", "NOTHING_PAYS"),
        }
    } else if verdict == Verdict::Inferior {
        ("KEEP", "INFERIOR")
    } else if stage == Stage::Declining {
        ("KEEP", "DECLINING")
    } else if stage == Stage::Prototype && !plan.is_same_model {
        ("WAIT_MATURITY", "PROTOTYPE")
    } else if is_good && worth.waits {
        ("WAIT_COMMITMENT", "COMMITMENT")
    } else if is_good && (worth.npv <= 0.0 || !worth.is_paid_back) {
        ("KEEP", "COSTS_EXCEED_SAVING")
    } else if is_good && worth.npv_p10 <= 0.0 {
        ("KEEP", "P10_NOT_POSITIVE")
    } else if is_good && is_vetoed {
        ("PILOT", "PROXY_WORSE")
    } else if is_good && is_growing && !plan.is_same_model {
        ("PILOT", "GROWING")
    } else if is_good && risk(workload, models, stage, plan, grade, &variant.gates) > 4 {
        ("PILOT", "NEEDS_SIGN_OFF")
    } else if plan.is_same_model {
        ("OPTIMIZE", "SAME_ANSWERS")
    } else if is_good {
        (if plan.rule.is_some() { "MOVE_SPLIT" } else { "MOVE" }, "PROVEN")
    } else if matches!(verdict, Verdict::Worse | Verdict::Inconclusive) && is_low && worth.npv_p10 > 0.0 {
        ("PILOT", if verdict == Verdict::Worse { "WORSE" } else { "INCONCLUSIVE" })
    } else if verdict == Verdict::Worse {
        ("KEEP", "WORSE")
    } else if worth.evaluation_gain > 0.0 {
        ("EVALUATE_NEXT", if verdict == Verdict::None { "NO_EVIDENCE" } else { "WEAK_EVIDENCE" })
    } else {
        ("KEEP", "EVAL_NOT_WORTH_IT")
    };
    Bundle {
        answer: Answer { action, reason, to: Some(plan.to.id.clone()), is_split: plan.rule.is_some() },
        gates: variant.gates.clone(),
        worth,
        is_cheaper,
        is_price_known: plan.to.output.is_some(),
        is_cheaper_by_list: window.source > window.at_equal_tokens,
        is_same_model: plan.is_same_model,
        verdict,
        is_vetoed,
    }
}

fn risk(workload: &Workload, models: &[Model], stage: Stage, plan: &Plan<'_>, grade: u8, gates: &Gates) -> u8 {
    let maturing = if stage == Stage::Prototype { 4 } else { 0 };
    maturing + money::risk(workload, &models[workload.from], plan, grade, gates, stage == Stage::Growing)
}

fn bundles(workload: &Workload, models: &[Model], edges: &[i64], stage: Stage) -> Vec<Bundle> {
    let from = &models[workload.from];
    let mut bundles = Vec::new();
    for variant in variants(workload, models, edges) {
        let to = &models[workload.candidates[variant.candidate].model];
        for is_batch in [false, true] {
            if is_batch && !(workload.is_batch_ok && to.has_batch) {
                continue;
            }
            let plan = Plan { to, rule: variant.rule.as_ref(), is_batch, is_same_model: false };
            bundles.push(judge(workload, models, stage, &variant, &plan));
        }
    }
    if workload.is_batch_ok && from.has_batch {
        let gates = fit::gates(workload, from, models, None, |class| money::class_cost(from, class));
        let gates = Gates { failed: Vec::new(), ..gates };
        let variant = Variant { candidate: 0, rule: None, gates, evidence: None };
        let plan = Plan { to: from, rule: None, is_batch: true, is_same_model: true };
        bundles.push(judge(workload, models, stage, &variant, &plan));
    }
    bundles
}

fn best<'a>(bundles: impl Iterator<Item = &'a Bundle>, value: impl Fn(&Bundle) -> f64) -> Option<&'a Bundle> {
    bundles.max_by(|a, b| value(a).total_cmp(&value(b)))
}

/// The right action for a workload (M 7.2).
pub fn answer(workload: &Workload, models: &[Model], edges: &[i64]) -> Answer {
    let from = &models[workload.from];
    let alone = |action, reason| Answer { action, reason, to: None, is_split: false };
    let spent: f64 = workload.classes.iter().map(|class| money::class_cost(from, class)).sum();
    let stage = stage(workload);
    let all = bundles(workload, models, edges, stage);
    if workload.kind == Kind::Ending {
        // Its owner has listed what may come next.
        let is_led_out = all.iter().any(Bundle::is_way_out);
        return alone("MIGRATE", if is_led_out { "SOURCE_RETIRES" } else { "NO_SUCCESSOR" });
    }
    if workload.requests() < 100 || spent * MONTH < 50.0 {
        return alone("BLOCKED", "VOLUME");
    }
    let npv = |bundle: &Bundle| bundle.worth.npv;
    let of = |actions: &'static [&'static str]| all.iter().filter(move |bundle| bundle.is(actions));
    if of(&["MOVE", "MOVE_SPLIT"]).next().is_some() {
        let taken = best(of(&["MOVE", "MOVE_SPLIT", "OPTIMIZE"]), npv);
        return taken.map_or_else(|| alone("KEEP", ""), |bundle| bundle.answer.clone());
    }
    let waiting =
        of(&["PILOT", "EVALUATE_NEXT", "WAIT_MATURITY", "WAIT_COMMITMENT"]).map(npv).fold(f64::NEG_INFINITY, f64::max);
    if let Some(setting) = best(of(&["OPTIMIZE"]), npv).filter(|setting| setting.worth.npv >= waiting) {
        return setting.answer.clone();
    }
    // A young workload waits, whatever could be signed for (M 9).
    let proven = if stage == Stage::Prototype { None } else { best(of(&["PILOT", "WAIT_COMMITMENT"]), npv) };
    let next = proven
        .or_else(|| best(of(&["EVALUATE_NEXT"]), |bundle| bundle.worth.evaluation_gain))
        .or_else(|| best(of(&["WAIT_MATURITY"]), npv))
        .or_else(|| best(of(&["PILOT", "OPTIMIZE"]), npv));
    if let Some(next) = next {
        return next.answer.clone();
    }
    // The provider's successor, or what is proven and cheaper although it does not pay for itself.
    let leads_out = |bundle: &&Bundle| {
        let is_successor = bundle.answer.to.as_deref() == from.replaced_by;
        let is_proven = bundle.verdict == Verdict::NonInferior && !bundle.is_vetoed;
        let does_not_pay = ["COSTS_EXCEED_SAVING", "P10_NOT_POSITIVE"].contains(&bundle.answer.reason);
        bundle.is_way_out() && (is_successor || is_proven && does_not_pay)
    };
    if workload.kind == Kind::Fading && all.iter().any(|bundle| leads_out(&bundle)) {
        return alone("MIGRATE", "SOURCE_RETIRES");
    }
    if let Some(up) = of(&["MOVE_UP"]).next() {
        return up.answer.clone();
    }
    // A setting of the model in use that does not pay says less than a candidate that nearly does.
    let candidates = || all.iter().filter(|bundle| !bundle.is_same_model);
    let passed = |bundle: &&Bundle| bundle.gates.failed.is_empty();
    if let Some(near) = best(candidates().filter(passed).filter(|bundle| bundle.is_cheaper), npv) {
        return Answer { to: None, ..near.answer.clone() };
    }
    // The nearest that would pay by its price, or whose price nobody knows.
    let blocked = candidates()
        .filter(|bundle| !bundle.gates.failed.is_empty() && (bundle.is_cheaper_by_list || !bundle.is_price_known));
    let nearest = best(blocked, |bundle| bundle.gates.binding().map_or(0.0, |(share, _, _)| share));
    nearest.map_or_else(|| alone("KEEP", "NOTHING_PAYS"), |bundle| Answer { to: None, ..bundle.answer.clone() })
}
