//! Sections 2.8, 3.1, 3.5, 5.7, 5.9, 5.10 and 6: what a bundle costs, saves and is worth.

use super::super::catalog::Model;
use super::super::workload::{Class, Criticality, WEEKS, Workload};
use super::fit::{self, Rule};
use super::quality::Evidence;
use super::{Z80, Z90, Z95, density, phi};

/// A month of a window of 28 days (M 0.3).
pub const MONTH: f64 = 365.0 / (12.0 * 28.0);
pub const HORIZON: f64 = 12.0;
pub const LEAD: f64 = 1.0;

/// What an owner's contract takes off the list of a provider (M 2.6).
pub fn rate(provider: &str) -> f64 {
    if provider == "south" { 0.9 } else { 1.0 }
}

/// USD of a class's calls in the window on the model in use.
pub fn class_cost(from: &Model, class: &Class) -> f64 {
    let output = (class.visible + class.reasoning) as f64 * from.output.unwrap_or_default() as f64;
    class.requests as f64 * (class.input as f64 * from.input as f64 + output) * 1e-12
}

/// The window on the model in use and on the candidate, before discounts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    pub source: f64,
    pub staying: f64,
    pub moved: f64,
    pub sigma: f64,
    /// Requests that move.
    pub requests: f64,
    /// The naive claim: everything moves and tokens stay tokens.
    pub at_equal_tokens: f64,
}

/// The classes that move, and the tier that they move to.
pub struct Plan<'a> {
    pub to: &'a Model,
    pub rule: Option<&'a Rule>,
    pub is_batch: bool,
    pub is_same_model: bool,
}

/// Cost on the candidate for given ratios, in its three parts: input, visible and reasoning (M 3.1).
fn parts(
    workload: &Workload,
    from: &Model,
    plan: &Plan<'_>,
    ratios: [f64; 4],
    is_moving: &dyn Fn(&Class) -> bool,
) -> [f64; 3] {
    let [tau, nu, gamma, gamma0] = ratios;
    let tier = if plan.is_batch { 0.5 } else { 1.0 };
    let mut sums = [0.0; 3];
    for class in workload.classes.iter().filter(|class| is_moving(class)) {
        let band = match plan.to.band_above {
            Some(above) if class.input as f64 * tau > above as f64 => 2.0,
            _ => 1.0,
        };
        let unit = class.requests as f64 * 1e-12 * band * tier;
        let output = plan.to.output.unwrap_or_default() as f64;
        sums[0] += unit * tau * class.input as f64 * plan.to.input as f64;
        sums[1] += unit * tau * nu * class.visible as f64 * output;
        let thought = fit::reasoning(from, plan.to, class, gamma, gamma0);
        sums[2] += unit * tau * thought * output;
    }
    sums
}

fn is_moving<'a>(workload: &'a Workload, from: &'a Model, plan: &'a Plan<'a>) -> impl Fn(&Class) -> bool + 'a {
    move |class| {
        plan.is_same_model
            || plan.rule.is_none_or(|rule| rule.passes(class)) && fit::is_small_enough(workload, from, plan.to, class)
    }
}

/// Prices a plan at the expected ratios, with the spread of M 3.5.
pub fn window(workload: &Workload, from: &Model, plan: &Plan<'_>) -> Window {
    let ratios = fit::ratios(from, plan.to);
    let moving = is_moving(workload, from, plan);
    let expected = [ratios.tau.expected, ratios.nu.expected, ratios.gamma.expected, ratios.gamma0.expected];
    let [input, visible, reasoning] = parts(workload, from, plan, expected, &moving);
    let moved = input + visible + reasoning;
    let thinking = if from.has_reasoning { ratios.gamma } else { ratios.gamma0 };
    let share = |part: f64| if moved > 0.0 { part / moved } else { 0.0 };
    let sigma = [ratios.tau.sigma(), ratios.nu.sigma() * share(visible), thinking.sigma() * share(reasoning)];
    let classes = || workload.classes.iter();
    let naive = parts(workload, from, plan, [1.0; 4], &|class| plan.rule.is_none_or(|rule| rule.passes(class)));
    let kept: f64 = classes()
        .filter(|class| plan.rule.is_some_and(|rule| !rule.passes(class)))
        .map(|class| class_cost(from, class))
        .sum();
    Window {
        source: classes().map(|class| class_cost(from, class)).sum(),
        staying: classes().filter(|class| !moving(class)).map(|class| class_cost(from, class)).sum(),
        moved,
        sigma: sigma.iter().map(|part| part * part).sum::<f64>().sqrt(),
        requests: classes().filter(|class| moving(class)).map(|class| class.requests as f64).sum(),
        at_equal_tokens: naive[0] + naive[1] + naive[2] + kept,
    }
}

/// What the window truly costs on the candidate, with its true ratios.
pub fn true_cost(workload: &Workload, from: &Model, plan: &Plan<'_>, ratios: [f64; 4]) -> f64 {
    let moving = is_moving(workload, from, plan);
    let staying: f64 =
        workload.classes.iter().filter(|class| !moving(class)).map(|class| class_cost(from, class)).sum();
    staying + parts(workload, from, plan, ratios, &moving).iter().sum::<f64>()
}

/// Everything that a decision asks of a bundle's money, USD.
#[derive(Clone, Copy, Debug, Default)]
pub struct Worth {
    pub npv: f64,
    pub npv_p10: f64,
    /// The expected cash flow pays back within the horizon.
    pub is_paid_back: bool,
    /// The commitment outlasts the payback of the P10 flow, which would pay without it.
    pub waits: bool,
    pub evaluation_gain: f64,
}

/// Spread of a month's and of the horizon's volume, as shares (M 6.7).
fn spreads(workload: &Workload) -> (f64, f64) {
    let blocks = WEEKS.min(workload.age as usize / 7);
    if blocks < 4 {
        return (0.5, 0.5);
    }
    let volumes: Vec<f64> = (0..blocks).map(|week| workload.week(week) as f64).collect();
    let j = blocks as f64;
    let mean = volumes.iter().sum::<f64>() / j;
    let variance = volumes.iter().map(|volume| (volume - mean).powi(2)).sum::<f64>() / (j - 1.0);
    let share = |weeks: f64| (variance * weeks * (1.0 + weeks / j)).sqrt() / (mean * weeks);
    (share(365.0 / 84.0), share(HORIZON * 365.0 / 84.0))
}

/// Values a bundle (M 5.7, 5.9, 5.10, 6.2 to 6.7, 2.8).
pub fn worth(
    workload: &Workload,
    from: &Model,
    plan: &Plan<'_>,
    window: &Window,
    evidence: Option<&Evidence>,
) -> Worth {
    let (rate_a, rate_b) = (rate(&from.provider), rate(&plan.to.provider));
    let gross = (window.source * rate_a - window.staying * rate_a - window.moved * rate_b) * MONTH;
    let ratio_loss = window.moved * ((Z90 * window.sigma).exp() - 1.0) * rate_b * MONTH;
    let requests = window.requests * MONTH;
    let wrong = workload.rework_share * 3.0 / 60.0 * 60.0;
    let needs_verdict = !plan.is_same_model;
    let (loss, loss_sd) = match evidence {
        _ if !needs_verdict => (0.0, 0.0),
        Some(evidence) => (evidence.loss, evidence.loss_sd),
        None => (0.03, 0.04),
    };
    let expected_loss = if loss_sd > 0.0 {
        (loss * phi(loss / loss_sd) + loss_sd * density(loss / loss_sd)).max(0.0)
    } else {
        loss.max(0.0)
    };
    let rework = requests * wrong * expected_loss;
    let rework_high = requests * wrong * (loss + Z90 * loss_sd).max(0.0);
    let maintenance = 2.0 * 90.0;
    let integration = if plan.to.provider == from.provider { 40.0 } else { 80.0 } * 100.0;
    let tokens_of_item = (window.source + window.staying + window.moved) / workload.requests() as f64;
    // The sample of M 5.9: discordant share from the pilot, else 0.15; people score both answers unless a program did.
    let discordant = evidence.and_then(|evidence| evidence.discordant).unwrap_or(0.15);
    let needed = ((Z95 + Z80).powi(2) * discordant / workload.margin().powi(2)).ceil();
    // Tango's z with no item on which they differ: fewer items prove nothing.
    let least = (Z95.powi(2) * (1.0 - workload.margin()) / workload.margin()).floor() + 1.0;
    let needed = needed.max(least).max(50.0);
    let review = if workload.method == "human" { 2.0 * 2.0 / 60.0 * 60.0 } else { 0.0 };
    let is_scored_by_program = workload.method == "deterministic" && is_ever_evaluated(workload);
    let planned_review = if is_scored_by_program { 0.0 } else { 2.0 * 2.0 / 60.0 * 60.0 };
    let planned = needed * (tokens_of_item + planned_review);
    let evaluation = match evidence {
        _ if !needs_verdict => 0.0,
        Some(evidence) => evidence.items * (tokens_of_item + review),
        None => planned,
    };
    let one_off = integration + evaluation;
    let net = gross - maintenance - rework;
    // The horizon ends where the candidate does, and where the model in use does: whole months from 2026-11-21.
    let horizon = match (plan.to.retires_on, from.retires_on) {
        (Some("2027-05-21"), _) | (_, Some("2027-06-15")) => 6.0,
        _ => HORIZON,
    };
    let discount = 1.1_f64.powf(1.0 / 12.0);
    let months = (LEAD as i32 + 1)..=(horizon as i32);
    let worths: f64 = months.clone().map(|month| discount.powi(-month)).sum();
    let (month_spread, horizon_spread) = spreads(workload);
    let (stranded, bound) = stranded(workload, from, plan, window, rate_a);
    let stranded_of = |month: i32| stranded * (bound - f64::from(month) + 1.0).clamp(0.0, 1.0);
    let stranded_worth: f64 = months.clone().map(|month| stranded_of(month) * discount.powi(-month)).sum();
    let npv = net * worths - one_off - stranded_worth;
    let adverse = [Z90 * horizon_spread * gross * worths, ratio_loss * worths, (rework_high - rework) * worths];
    let npv_p10 = npv - adverse.iter().map(|part| part * part).sum::<f64>().sqrt();
    let pays_back = |monthly: f64, until: f64| {
        let mut so_far = -one_off;
        for month in months.clone() {
            // Of the month in which the commitment ends, its part.
            let part = (until - f64::from(month) + 1.0).clamp(0.0, 1.0);
            so_far += (monthly - stranded_of(month)) * part;
        }
        so_far >= 0.0
    };
    let adverse_month = [Z90 * month_spread * gross, ratio_loss, rework_high - rework];
    let net_p10 = net - adverse_month.iter().map(|part| part * part).sum::<f64>().sqrt();
    let waits = stranded > 0.0 && npv_p10 + stranded_worth > 0.0 && !pays_back(net_p10, bound);
    let per_loss = (horizon - LEAD) * requests * wrong;
    let mean = (horizon - LEAD) * (gross - maintenance) - integration - per_loss * loss;
    let evsi = if loss_sd > 0.0 {
        let shown = per_loss * loss_sd * loss_sd / (loss_sd * loss_sd + discordant / needed).sqrt();
        (mean * phi(mean / shown) + shown * density(mean / shown) - mean.max(0.0)).max(0.0)
    } else {
        0.0
    };
    // Nothing moves untested: beside staying an evaluation also gains what moving is worth as it looks today.
    let gain = evsi + mean.max(0.0) - planned;
    Worth { npv, npv_p10, is_paid_back: pays_back(net, horizon), waits, evaluation_gain: gain }
}

fn is_ever_evaluated(workload: &Workload) -> bool {
    workload.candidates.iter().any(|candidate| candidate.shown.is_some())
}

/// USD a month that a commitment strands, and the months until it ends: cash = max(M, U0) - max(M, U1) (M 2.8).
fn stranded(workload: &Workload, from: &Model, plan: &Plan<'_>, window: &Window, rate_a: f64) -> (f64, f64) {
    let Some(commitment) = &workload.commitment else { return (0.0, 0.0) };
    let used = window.source * rate_a * MONTH;
    let minimum = commitment.share * used;
    let left = if plan.to.provider == from.provider {
        (window.staying + window.moved) * rate_a * MONTH
    } else {
        window.staying * rate_a * MONTH
    };
    let leaving = used - left;
    let cash = minimum.max(used) - minimum.max(left);
    (leaving - cash, commitment.months)
}

/// Points of M 5.11; 4 are what the default appetite (Low) takes.
pub fn risk(workload: &Workload, from: &Model, plan: &Plan<'_>, grade: u8, gates: &fit::Gates, is_growing: bool) -> u8 {
    let proof = if plan.is_same_model { 0 } else { grade - 1 };
    let criticality = match workload.criticality {
        Criticality::Low => 0,
        Criticality::Medium => 1,
        Criticality::High => 3,
    };
    proof
        + criticality
        + u8::from(plan.to.provider != from.provider)
        + u8::from(gates.is_tight)
        + u8::from(gates.retires_in_horizon)
        + if is_growing { 2 } else { 0 }
}
