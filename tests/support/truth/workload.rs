//! A planted workload: what it really is. The product sees its traces only, the oracle and the score see all of it.

use super::catalog::{LARGE, Model, SMALL};
use super::draws::Draws;
use super::oracle::fit;

/// Weeks with traffic before the run date.
pub const WEEKS: usize = 8;
/// Weeks of the decision window.
pub const WINDOW_WEEKS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Ordinary,
    Young,
    Rare,
    Growing,
    Churning,
    Declining,
    Small,
    Resident,
    LongTail,
    Ending,
    Fading,
    Committed,
    Outgrown,
    Canary,
    OddCandidate,
    /// Every candidate lies exactly at the margin.
    AtMargin,
}

/// Calls of one shape: all of them are of these sizes.
#[derive(Clone, Debug)]
pub struct Class {
    pub input: i64,
    pub visible: i64,
    pub reasoning: i64,
    pub has_tools: bool,
    pub has_image: bool,
    pub has_schema: bool,
    share: f64,
    /// Calls by week, the newest first.
    pub weeks: [i64; WEEKS],
    /// Calls in the decision window.
    pub requests: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criticality {
    Low,
    Medium,
    High,
}

/// How the workload was evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Paired,
    /// Five items of a cluster have one outcome.
    Clustered,
    /// Two samples, of which only the totals are known.
    Unpaired,
    /// Paired, but longer ago than 180 days.
    Old,
    /// By a model that nobody calibrated: it shows 0.6 of each difference.
    Judge,
}

pub const CLUSTER: usize = 5;

/// What is wrong with an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An item has two scores that differ.
    Contradicted,
    /// The candidate failed on an eighth of the items, and nobody wrote it down.
    Missing,
    /// The candidate was scored by another method than the model in use.
    Mismatched,
    /// The candidate's vendor made it.
    VendorMade,
}

/// What an evaluation of a candidate showed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Right or wrong, item by item; empty when only totals are known.
    pub answers: Vec<bool>,
    pub right: i64,
    pub fault: Option<Fault>,
    /// The rule that the items satisfy; empty for all traffic.
    pub rule: String,
}

#[derive(Clone, Debug)]
pub struct Candidate {
    pub model: usize,
    /// True accuracy less the one of the model in use.
    pub change: f64,
    /// Where in their ranges the true ratios lie: tau, nu, gamma, gamma0, as standard normal figures.
    pub place: [f64; 4],
    pub shown: Option<Shown>,
}

#[derive(Clone, Debug)]
pub struct Commitment {
    /// Share of the workload's monthly bill.
    pub share: f64,
    pub ends_on: &'static str,
    pub months: f64,
}

#[derive(Clone, Debug)]
pub struct Workload {
    pub id: String,
    pub kind: Kind,
    pub from: usize,
    pub classes: Vec<Class>,
    /// Days since the first call.
    pub age: i64,
    /// Days a week on which it is called.
    pub days_a_week: i64,
    pub templates: i64,
    pub criticality: Criticality,
    pub residency: Option<&'static str>,
    pub is_batch_ok: bool,
    /// Share of wrong answers that a person handles.
    pub rework_share: f64,
    pub method: &'static str,
    pub style: Style,
    /// Right or wrong, item by item, of the model in use.
    pub items: Vec<bool>,
    pub sampled: i64,
    pub sampled_right: i64,
    pub candidates: Vec<Candidate>,
    /// The first candidate served a part of the calls; whether it did worse.
    pub canary: Option<bool>,
    pub commitment: Option<Commitment>,
    /// Spread of a week's volume, and the true level of a week now.
    pub noise: f64,
    pub level: f64,
}

impl Workload {
    pub fn margin(&self) -> f64 {
        match self.criticality {
            Criticality::Low => 0.10,
            Criticality::Medium => 0.05,
            Criticality::High => 0.02,
        }
    }

    pub fn requests(&self) -> i64 {
        self.classes.iter().map(|class| class.requests).sum()
    }

    /// Calls of a week before the run date, the newest is 0.
    pub fn week(&self, week: usize) -> i64 {
        self.classes.iter().map(|class| class.weeks[week]).sum()
    }
}

/// What all workloads of a population are drawn from.
pub struct Ground<'a> {
    pub seed: u64,
    pub models: &'a [Model],
    /// Sizes at which a rule may cut.
    pub edges: &'a [i64],
    pub is_at_margin: bool,
}

const KINDS: [(Kind, f64); 15] = [
    (Kind::Ordinary, 530.0),
    (Kind::Young, 45.0),
    (Kind::Rare, 15.0),
    (Kind::Growing, 45.0),
    (Kind::Churning, 20.0),
    (Kind::Declining, 25.0),
    (Kind::Small, 40.0),
    (Kind::Resident, 40.0),
    (Kind::LongTail, 90.0),
    (Kind::Ending, 20.0),
    (Kind::Fading, 30.0),
    (Kind::Committed, 20.0),
    (Kind::Outgrown, 30.0),
    (Kind::Canary, 20.0),
    (Kind::OddCandidate, 30.0),
];

impl Ground<'_> {
    fn model(&self, id: &str) -> usize {
        self.models.iter().position(|model| model.id == id).expect("the catalogue has the model")
    }

    /// The workload of a number; `bound` counts those that are under a commitment, one for each provider.
    pub fn workload(&self, number: usize, bound: &mut usize) -> Workload {
        let mut draws = Draws::of(self.seed, &[number as u64, u64::from(self.is_at_margin)]);
        let mut kind = if self.is_at_margin { Kind::AtMargin } else { draws.weighed(&KINDS) };
        let committed = format!("bound-{bound:03}-grand");
        if kind == Kind::Committed && !self.models.iter().any(|model| model.id == committed) {
            kind = Kind::Ordinary;
        }
        let from = match kind {
            Kind::Ending => self.model("north-ending"),
            Kind::Fading => self.model("north-fading"),
            Kind::Committed => self.model(&committed),
            Kind::Outgrown => self.model(draws.pick::<&str>(&["north-small", "south-small"])),
            _ => self.model(draws.pick::<&str>(&LARGE)),
        };
        *bound += usize::from(kind == Kind::Committed);
        let criticality =
            draws.weighed(&[(Criticality::Low, 25.0), (Criticality::Medium, 55.0), (Criticality::High, 20.0)]);
        let age = match kind {
            Kind::Young => *draws.pick(&[12, 20, 25]),
            Kind::Growing => *draws.pick(&[44, 50, 200]),
            _ => *draws.pick(&[65, 100, 150, 250, 380]),
        };
        let mut workload = Workload {
            id: format!("w{number:05}"),
            kind,
            from,
            classes: Vec::new(),
            age,
            days_a_week: if kind == Kind::Rare { 1 } else { 3 },
            templates: if kind == Kind::Churning { 4 } else { *draws.pick(&[1, 1, 2]) },
            criticality,
            residency: (kind == Kind::Resident).then_some(*draws.pick(&["eu", "us"])),
            is_batch_ok: kind != Kind::AtMargin && draws.chance(0.2),
            rework_share: *draws.pick(if self.is_at_margin { &[0.02, 0.05] } else { &[0.02, 0.05, 0.1, 0.25] }),
            method: draws.weighed(&[("human", 1.0), ("deterministic", 1.0)]),
            style: Style::Paired,
            items: Vec::new(),
            sampled: 0,
            sampled_right: 0,
            candidates: Vec::new(),
            canary: (kind == Kind::Canary).then_some(draws.chance(0.7)),
            commitment: None,
            noise: draws.between(0.02, 0.12),
            level: 0.0,
        };
        self.plant_calls(&mut workload, &mut draws);
        self.plant_candidates(&mut workload, &mut draws);
        self.plant_evidence(&mut workload, &mut draws);
        if kind == Kind::Committed {
            let terms = [
                ("2027-01-21", 2.0),
                ("2027-03-21", 4.0),
                ("2027-06-21", 7.0),
                ("2027-09-21", 10.0),
                ("2028-05-21", 18.0),
            ];
            let (ends_on, months) = *draws.pick(&terms);
            workload.commitment = Some(Commitment { share: *draws.pick(&[0.3, 0.6, 0.9, 1.1]), ends_on, months });
        }
        workload
    }

    fn plant_calls(&self, workload: &mut Workload, draws: &mut Draws) {
        let from = &self.models[workload.from];
        let thinking = if from.has_reasoning { draws.between(0.2, 3.0) } else { 0.0 };
        let longest = (from.window - 8_000) as f64;
        let mut class = |low: f64, high: f64, share: f64, draws: &mut Draws| {
            let visible = draws.spread(120.0, 900.0);
            workload.classes.push(Class {
                input: draws.spread(low, high.min(longest)) as i64,
                visible: visible as i64,
                reasoning: (visible * thinking * draws.between(0.8, 1.2)) as i64,
                has_tools: false,
                has_image: false,
                has_schema: false,
                share,
                weeks: [0; WEEKS],
                requests: 0,
            });
        };
        class(600.0, 9_000.0, 1.0, draws);
        if draws.chance(0.7) {
            class(600.0, 12_000.0, draws.between(0.1, 0.9), draws);
        }
        if workload.kind == Kind::LongTail {
            class(20_000.0, 180_000.0, draws.spread(0.003, 0.4), draws);
        } else if workload.kind != Kind::AtMargin && draws.chance(0.1) {
            // So few that p99.9 does not see them.
            class(40_000.0, 180_000.0, 0.0005, draws);
        }
        if workload.kind != Kind::AtMargin {
            for demand in 0..3 {
                let likely = [0.3, if from.has_image { 0.12 } else { 0.0 }, 0.15][demand];
                let (is_demanded, is_everywhere) = (draws.chance(likely), draws.chance(0.6));
                for (place, class) in workload.classes.iter_mut().enumerate() {
                    let is = is_demanded && (is_everywhere || place == 1);
                    *[&mut class.has_tools, &mut class.has_image, &mut class.has_schema][demand] = is;
                }
            }
        }
        let shares: f64 = workload.classes.iter().map(|class| class.share).sum();
        let cost = |class: &Class| {
            (class.input as f64 * from.input as f64
                + (class.visible + class.reasoning) as f64 * from.output.unwrap_or_default() as f64)
                * 1e-12
        };
        let unit: f64 = workload.classes.iter().map(|class| class.share / shares * cost(class)).sum();
        let (low, high) = match workload.kind {
            Kind::Small => (3.0, 40.0),
            Kind::Outgrown => (100.0, 20_000.0),
            Kind::AtMargin => (20_000.0, 200_000.0),
            _ => (200.0, 150_000.0),
        };
        let month = draws.spread(low, high);
        workload.level = (month / unit * 84.0 / 365.0).clamp(25.0, 1_500_000.0);
        let growth: f64 = match workload.kind {
            Kind::Growing if workload.age > 60 => 0.6,
            Kind::Declining => -0.7,
            _ => draws.between(-0.1, 0.1),
        };
        let weeks = WEEKS.min(workload.age as usize / 7);
        for week in 0..weeks {
            let level = if week < WINDOW_WEEKS { workload.level } else { workload.level / (1.0 + growth) };
            let volume = (level * (1.0 + workload.noise * draws.normal())).round().max(10.0);
            let mut left = volume as i64;
            for class in workload.classes.iter_mut().skip(1) {
                let part = (volume * class.share / shares).round() as i64;
                class.weeks[week] = part.min(left);
                left -= class.weeks[week];
            }
            workload.classes[0].weeks[week] = left;
        }
        for class in &mut workload.classes {
            class.requests = class.weeks[..WINDOW_WEEKS].iter().sum();
        }
        // The first call of all stands alone on its day.
        workload.classes[0].requests += i64::from(workload.age <= 28);
    }

    fn plant_candidates(&self, workload: &mut Workload, draws: &mut Draws) {
        let mut names: Vec<&str> = match workload.kind {
            Kind::Outgrown => vec!["north-grand", "south-grand"],
            Kind::Ending | Kind::Fading => vec!["north-successor"],
            Kind::OddCandidate => vec![*draws.pick(&["open-leaving", "open-gone", "open-unpriced"])],
            _ => Vec::new(),
        };
        let wanted = if workload.kind == Kind::OddCandidate {
            names.len()
        } else {
            names.len().max(1 + (draws.unit() * 3.0) as usize)
        };
        while names.len() < wanted {
            // At the margin nothing else may stand in the way of a move.
            let among: &[&str] = if self.is_at_margin { &["north-small", "south-small", "east-small"] } else { &SMALL };
            let name = *draws.pick(among);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let margin = workload.margin();
        for name in names {
            let change = match workload.kind {
                Kind::AtMargin => -margin,
                Kind::Outgrown => draws.weighed(&[(0.12, 2.0), (0.0, 1.0)]),
                _ => draws.weighed(&[
                    (0.0, 35.0),
                    (0.01, 10.0),
                    (-margin / 2.0, 15.0),
                    (-margin, 10.0),
                    (-2.0 * margin, 20.0),
                    (-0.15, 10.0),
                ]),
            };
            let place = [draws.normal(), draws.normal(), draws.normal(), draws.normal()];
            workload.candidates.push(Candidate { model: self.model(name), change, place, shown: None });
        }
    }

    fn plant_evidence(&self, workload: &mut Workload, draws: &mut Draws) {
        workload.style = if self.is_at_margin {
            Style::Paired
        } else {
            draws.weighed(&[
                (Style::Paired, 65.0),
                (Style::Clustered, 8.0),
                (Style::Unpaired, 12.0),
                (Style::Old, 9.0),
                (Style::Judge, 6.0),
            ])
        };
        if workload.style == Style::Judge {
            workload.method = "llm_judge";
        }
        let size = if workload.style == Style::Clustered { CLUSTER } else { 1 };
        let is_guessed = !self.is_at_margin && draws.chance(0.02);
        let accuracy = if is_guessed { 0.04 } else { draws.between(0.6, 0.8) };
        let items = (draws.spread(100.0, 2_000.0) as usize).max(if size > 1 { 400 } else { 100 }) / size * size;
        let is_evaluated = self.is_at_margin || draws.chance(0.8);
        let groups: Vec<bool> = (0..items / size).map(|_| draws.chance(accuracy)).collect();
        if is_evaluated && workload.style != Style::Unpaired {
            workload.items = groups.iter().flat_map(|right| std::iter::repeat_n(*right, size)).collect();
        }
        workload.sampled = items as i64;
        workload.sampled_right = groups.iter().filter(|right| **right).count() as i64 * size as i64;
        for place in 0..workload.candidates.len() {
            let seen = if workload.style == Style::Judge { 0.6 } else { 1.0 };
            let change = workload.candidates[place].change * seen;
            let both = draws.between(0.01, 0.06);
            // Wrong where the model in use is right, and the other way round.
            let lost = (both + (-change).max(0.0)).min(accuracy);
            let won = both.min(if is_guessed { 0.03 } else { both }) + change.max(0.0);
            let mut answers = Vec::with_capacity(items);
            for right in &groups {
                let answer = if *right { !draws.chance(lost / accuracy) } else { draws.chance(won / (1.0 - accuracy)) };
                answers.extend(std::iter::repeat_n(answer, size));
            }
            let fault = (!self.is_at_margin && draws.chance(0.1))
                .then(|| *draws.pick(&[Fault::Contradicted, Fault::Missing, Fault::Mismatched, Fault::VendorMade]));
            let is_known = self.is_at_margin || draws.chance(0.8);
            let is_under_rule = draws.chance(0.75);
            if workload.style == Style::Unpaired {
                let right = (0..items).filter(|_| draws.chance(accuracy + change)).count();
                answers = vec![true; right];
            }
            if !(is_evaluated && is_known) {
                continue;
            }
            let rule = match is_under_rule {
                true => fit::rule(workload, &self.models[workload.candidates[place].model], self.models, self.edges),
                false => None,
            };
            let right = answers.iter().filter(|right| **right).count() as i64;
            let is_total = workload.style == Style::Unpaired;
            workload.candidates[place].shown = Some(Shown {
                answers: if is_total { Vec::new() } else { answers },
                right,
                // Totals contradict nothing and miss nothing.
                fault: fault.filter(|fault| !is_total || matches!(fault, Fault::Mismatched | Fault::VendorMade)),
                rule: rule.unwrap_or_default(),
            });
        }
    }
}
