//! How the product's decisions compare with what was planted.

use std::collections::BTreeMap;

use super::Trial;
use super::draws::Draws;
use super::oracle::{choice, fit, money};
use super::product::Row;
use super::workload::{Candidate, Workload};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    pub hits: usize,
    pub of: usize,
}

impl Share {
    pub fn count(&mut self, is_hit: bool) {
        self.hits += usize::from(is_hit);
        self.of += 1;
    }

    pub fn percent(&self) -> f64 {
        100.0 * self.hits as f64 / self.of.max(1) as f64
    }
}

/// The score of a population.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// The right action, and for a move the right model, given the evidence that was drawn.
    pub right: Share,
    /// What was right and what was said instead, with the workloads.
    pub wrong: BTreeMap<String, Vec<String>>,
    pub actions: BTreeMap<String, Share>,
    /// Moves to a model that is truly worse than the margin.
    pub false_moves: Share,
    /// Moves to a model that lies exactly at the margin.
    pub moves_at_margin: usize,
    /// Moves on an evaluation that should have been refused.
    pub moves_on_faults: usize,
    /// True savings inside P10 to P90 of the decisions; ratios from the stated ranges.
    pub inside: Share,
    /// The same with ratios whose median is the expected value.
    pub inside_around_expected: Share,
    /// The net saving of the next month, with its volume and its rework.
    pub inside_net: BTreeMap<&'static str, Share>,
    /// True savings of every priced move, decided on or not, by what is uncertain about it.
    pub inside_moves: BTreeMap<&'static str, Share>,
}

fn number(row: &Row, name: &str) -> Option<f64> {
    row.get(name)?.parse().ok()
}

fn is_move(action: &str) -> bool {
    ["MOVE", "MOVE_SPLIT"].contains(&action)
}

impl Trial {
    fn target<'a>(&self, workload: &'a Workload, row: &Row) -> Option<&'a Candidate> {
        let to = row.get("to_model_id")?;
        workload.candidates.iter().find(|candidate| self.models[candidate.model].id == *to)
    }

    /// Monthly saving at list prices and after rates, if the ratios are what they truly are, and the calls that move.
    fn true_saving(&self, workload: &Workload, candidate: &Candidate, row: &Row, is_stated: bool) -> (f64, f64, f64) {
        let (from, to) = (&self.models[workload.from], &self.models[candidate.model]);
        let rule = row.get("split_rule").and_then(|_| fit::split(workload, to, &self.models, &self.edges));
        let is_batch = row.get("to_service_tier").is_some_and(|tier| tier == "batch");
        let plan = money::Plan { to, rule: rule.as_ref(), is_batch, is_same_model: false };
        let ranges = fit::ratios(from, to);
        let at = |range: fit::Range, place: usize| match is_stated {
            true => range.at(candidate.place[place]),
            false => range.around_expected(candidate.place[place]),
        };
        let ratios = [at(ranges.tau, 0), at(ranges.nu, 1), at(ranges.gamma, 2), at(ranges.gamma0, 3)];
        let window = money::window(workload, from, &plan);
        let cost = money::true_cost(workload, from, &plan, ratios);
        let paid = (window.source - window.staying) * money::rate(&from.provider)
            - (cost - window.staying) * money::rate(&to.provider);
        ((window.source - cost) * money::MONTH, paid * money::MONTH, window.requests)
    }

    fn count_inside(&self, score: &mut Score, workload: &Workload, row: &Row) {
        let Some(candidate) = self.target(workload, row) else { return };
        let range =
            (number(row, "estimated_monthly_savings_p10_usd"), number(row, "estimated_monthly_savings_p90_usd"));
        let (Some(low), Some(high)) = range else { return };
        // A forced move claims nothing.
        if low == 0.0 && high == 0.0 {
            return;
        }
        let (list, paid, moving) = self.true_saving(workload, candidate, row, true);
        score.inside.count((low..=high).contains(&list));
        let (around, ..) = self.true_saving(workload, candidate, row, false);
        score.inside_around_expected.count((low..=high).contains(&around));
        let net = (number(row, "net_monthly_savings_p10_usd"), number(row, "net_monthly_savings_p90_usd"));
        if let (Some(low), Some(high)) = net {
            let mut draws = Draws::of(self.seed, &[7, workload.id[1..].parse().unwrap_or_default()]);
            // A month of weeks, each with its own noise, against the month that the window stands for.
            let weeks = [1.0, 1.0, 1.0, 1.0, 365.0 / 84.0 - 4.0];
            let volume: f64 =
                weeks.iter().map(|part| part * workload.level * (1.0 + workload.noise * draws.normal())).sum();
            let volume = volume / (workload.requests() as f64 * money::MONTH);
            let wrong = workload.rework_share * 3.0;
            let rework = moving * money::MONTH * wrong * (-candidate.change).max(0.0);
            let is_inside = (low..=high).contains(&(volume * (paid - rework) - 180.0));
            let is_evaluated = number(row, "quality_change_share").is_some();
            score
                .inside_net
                .entry(if is_evaluated { "evaluated" } else { "never evaluated" })
                .or_default()
                .count(is_inside);
        }
    }

    fn uncertain(&self, workload: &Workload, candidate: &Candidate) -> &'static str {
        let (from, to) = (&self.models[workload.from], &self.models[candidate.model]);
        let is_exact = from.tokenizer == to.tokenizer;
        match (from.has_reasoning, to.has_reasoning) {
            (_, false) if is_exact => "nu",
            (_, false) => "tau, nu",
            (true, true) if is_exact => "nu, gamma",
            (true, true) if to.is_open => "tau, nu, gamma of open weights",
            (true, true) => "tau, nu, gamma",
            (false, true) if is_exact => "nu, gamma0",
            (false, true) => "tau, nu, gamma0",
        }
    }

    /// Compares decision by decision.
    pub fn score(&self) -> Score {
        let mut score = Score::default();
        let decisions: BTreeMap<&String, &Row> =
            self.decided.decisions.iter().map(|row| (&row["workload_id"], row)).collect();
        let by_id: BTreeMap<&String, &Workload> =
            self.workloads.iter().map(|workload| (&workload.id, workload)).collect();
        for workload in &self.workloads {
            let right = choice::answer(workload, &self.models, &self.edges);
            let Some(row) = decisions.get(&workload.id) else {
                score.right.count(false);
                score.wrong.entry("no decision".into()).or_default().push(workload.id.clone());
                continue;
            };
            let (action, reason) = (row["action"].as_str(), row["reason"].as_str());
            let is_same_target = !is_move(right.action) || row.get("to_model_id") == right.to.as_ref();
            // Of a model that ends it matters whether there is a way out.
            let is_same_reason = right.action != "MIGRATE" || reason == right.reason;
            let is_right = action == right.action && is_same_target && is_same_reason;
            score.right.count(is_right);
            score.actions.entry(right.action.into()).or_default().count(is_right);
            if !is_right {
                let other = if action == right.action && is_same_reason { " another model" } else { "" };
                let cause = format!("{} ({}): said {action} ({reason}){other}", right.action, right.reason);
                score.wrong.entry(cause).or_default().push(workload.id.clone());
            }
            if is_move(action)
                && let Some(candidate) = self.target(workload, row)
            {
                let below = candidate.change + workload.margin();
                score.false_moves.count(below < -1e-9);
                score.moves_at_margin += usize::from(below.abs() <= 1e-9);
                let fault = candidate.shown.as_ref().and_then(|shown| shown.fault);
                score.moves_on_faults += usize::from(fault.is_some());
            }
            self.count_inside(&mut score, workload, row);
        }
        for row in &self.decided.moves {
            let Some(workload) = by_id.get(&row["workload_id"]) else { continue };
            let Some(candidate) = self.target(workload, row) else { continue };
            let range =
                (number(row, "estimated_monthly_savings_p10_usd"), number(row, "estimated_monthly_savings_p90_usd"));
            if let (Some(low), Some(high)) = range {
                let (list, ..) = self.true_saving(workload, candidate, row, true);
                let share = score.inside_moves.entry(self.uncertain(workload, candidate)).or_default();
                share.count((low..=high).contains(&list));
            }
        }
        score
    }

    /// Workloads at the margin that the product would move: each is a false move that a test at 5 % may make.
    pub fn moves_at_margin(&self) -> Share {
        let mut share = Share::default();
        for row in &self.decided.decisions {
            share.count(is_move(&row["action"]));
        }
        share
    }

    /// The same by verdict alone, whatever the money says.
    pub fn proven_at_margin(&self) -> Share {
        let proven: std::collections::BTreeSet<&String> = (self.decided.moves.iter())
            .filter(|row| row.get("verdict").is_some_and(|verdict| verdict == "NON_INFERIOR"))
            .map(|row| &row["workload_id"])
            .collect();
        Share { hits: proven.len(), of: self.workloads.len() }
    }
}
