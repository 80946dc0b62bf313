//! The calls of a day: what was asked, when it ended, what was used. Nothing here knows a file format.

use super::draws::Draws;
use super::workload::{Format, Hours, Model, Workload};
use super::{Company, midnight_ms};
use chrono::{Datelike, Days, NaiveDate, Weekday};

const DAY_MS: i64 = 86_400_000;

/// Disjoint token buckets (M 1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub uncached: u64,
    pub cache_read: u64,
    pub write_5m: u64,
    pub write_1h: u64,
    pub visible: u64,
    pub reasoning: u64,
}

impl Usage {
    pub fn input(&self) -> u64 {
        self.uncached + self.cache_read + self.write_5m + self.write_1h
    }

    pub fn output(&self) -> u64 {
        self.visible + self.reasoning
    }

    /// Buckets under the names of the price list; reasoning is billed as output.
    pub fn billed_buckets(&self) -> [(&'static str, u64); 5] {
        [
            ("input", self.uncached),
            ("cache_read", self.cache_read),
            ("cache_write_5m", self.write_5m),
            ("cache_write_1h", self.write_1h),
            ("output", self.output()),
        ]
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    /// HTTP status; no usage, nothing billed.
    Failed(u16),
    /// The stream broke off before its usage came; nothing billed.
    Aborted,
    /// Answered by the gateway's own cache: usage replayed, nothing billed.
    GatewayHit,
}

/// One attempt of one request.
#[derive(Clone, Debug)]
pub struct Call {
    /// Index into the company's workloads.
    pub workload: usize,
    pub model: Model,
    pub id: u64,
    /// Shared by the attempts of one request.
    pub logical: u64,
    pub attempt: u64,
    /// Groups the calls of one task.
    pub trace: u64,
    pub start_ms: i64,
    pub latency_ms: i64,
    pub outcome: Outcome,
    pub usage: Usage,
    /// The model is in no catalog and on no bill.
    pub is_unbilled: bool,
    /// Answered, but the gateway lost the end of the stream; the app's own log has the usage.
    pub is_lost_at_gateway: bool,
}

impl Call {
    pub fn end_ms(&self) -> i64 {
        self.start_ms + self.latency_ms
    }

    /// Answered by the provider, with usage known to somebody.
    pub fn is_answered(&self) -> bool {
        self.outcome == Outcome::Answered
    }
}

impl Company {
    /// All calls that begin on a day, in the order of their beginning.
    pub fn calls_of(&self, day: NaiveDate) -> Vec<Call> {
        let mut calls = Vec::new();
        for (index, workload) in self.workloads.iter().enumerate() {
            let mut draws = Draws::of(self.seed, &[index as u64, day.num_days_from_ce() as u64]);
            for number in 0..self.volume(workload, day, &mut draws) {
                self.push_request(&mut calls, index, day, number);
            }
        }
        calls.sort_by_key(|call| (call.start_ms, call.id));
        calls
    }

    /// Logical requests of a workload on a day: weekends at 40%, 8% of noise, scaled to the asked volume.
    fn volume(&self, workload: &Workload, day: NaiveDate, draws: &mut Draws) -> u64 {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let usual = workload.weekday * if weekend { 400 } else { 1000 } / 1000 * workload.level_on(day) / 1000;
        let scaled = match self.requests_per_night {
            None => usual,
            Some(wanted) => {
                let all: u64 = self.workloads.iter().map(|other| other.weekday).sum();
                (u128::from(usual) * u128::from(wanted) * 100 / u128::from(all.max(1))) as u64
            }
        };
        let hundredths = scaled * (920 + draws.below(161)) / 1000;
        let volume = hundredths / 100 + u64::from(draws.below(100) < hundredths % 100);
        // The first day of a workload is a fact that the truth rests on.
        if day == workload.first_day { volume.max(1) } else { volume }
    }

    fn push_request(&self, calls: &mut Vec<Call>, index: usize, day: NaiveDate, number: u64) {
        let workload = &self.workloads[index];
        let cell = [index as u64, day.num_days_from_ce() as u64, number + 1];
        let mut draws = Draws::of(self.seed, &cell);
        let id = draws.next();
        // An agent's task takes up to four calls.
        let trace =
            if workload.has_tools { Draws::of(self.seed, &[cell[0], cell[1], number / 4, 7]).next() } else { id };
        let mut call = Call {
            workload: index,
            model: workload.model_on(day),
            id,
            logical: id,
            attempt: 1,
            trace,
            start_ms: start_ms(workload.hours, day, &mut draws),
            latency_ms: 0,
            outcome: Outcome::Answered,
            usage: usage(workload, &mut draws),
            is_unbilled: false,
            is_lost_at_gateway: false,
        };
        call.latency_ms = 300 + (call.usage.output() * (7 + draws.below(4))) as i64 + draws.below(900) as i64;
        if number == 0 {
            self.plant(&mut call, workload, day);
        }
        self.keep_inside(&mut call, day);
        let is_planted = call.is_unbilled || crosses_midnight(&call, day);
        let luck = if is_planted { 1000 } else { draws.below(1000) };
        match (workload.format, luck) {
            // The gateway retries by itself and logs only the end of it; apps log each attempt.
            (Format::Litellm | Format::Bedrock, 0..8) | (_, 0..5) => fail(&mut call, &mut draws),
            // Without an id to share, attempts could not be told from requests.
            (Format::OpenaiEnvelope | Format::AnthropicEnvelope, 5..20) if !workload.anonymous => {
                let mut first = call.clone();
                fail(&mut first, &mut draws);
                call.id = draws.next();
                call.attempt = 2;
                call.start_ms = first.end_ms() + 1000;
                self.keep_inside(&mut call, day);
                calls.push(first);
            }
            (_, 20..26) if workload.stream => {
                call.outcome = Outcome::Aborted;
                call.latency_ms = call.latency_ms / 2 + 1;
            }
            (_, 30..60) => call.is_lost_at_gateway = self.is_logged_twice(workload, day),
            _ => {}
        }
        let hit = self.gateway_hit(&call, workload, day, &mut draws);
        calls.push(call);
        calls.extend(hit);
    }

    /// Facts planted on the first call of a day.
    fn plant(&self, call: &mut Call, workload: &Workload, day: NaiveDate) {
        let events = &self.events;
        if let Some((_, _, name)) = events.unknown_model.filter(|(id, on, _)| *id == workload.id && *on == day) {
            call.model = Model { model_id: name, requested: name, served: name, ..call.model };
            call.is_unbilled = true;
        }
        if events.after_midnight == Some(workload.id)
            && day.weekday() == Weekday::Fri
            && day + Days::new(1) < self.end()
        {
            call.start_ms = midnight_ms(day) + DAY_MS - 1500;
            call.latency_ms = call.latency_ms.max(4000);
        }
    }

    /// Bedrock's stamp is whole seconds with no word on the end, so its calls stay off midnight; nobody's call outlives the window.
    fn keep_inside(&self, call: &mut Call, day: NaiveDate) {
        let last = midnight_ms(day) + DAY_MS - 1;
        let is_last_day = day + Days::new(1) == self.end();
        if is_last_day && call.end_ms() > last {
            call.start_ms -= call.end_ms() - last;
        }
        if self.workloads[call.workload].format == Format::Bedrock {
            call.start_ms -= call.start_ms.rem_euclid(1000);
        }
    }

    pub(super) fn is_logged_twice(&self, workload: &Workload, day: NaiveDate) -> bool {
        self.events.logged_twice.as_ref().is_some_and(|(id, days)| *id == workload.id && days.contains(&day))
    }

    /// The same request again a little later, answered by the gateway.
    fn gateway_hit(&self, call: &Call, workload: &Workload, day: NaiveDate, draws: &mut Draws) -> Option<Call> {
        let is_on = self.events.gateway_cache_off.is_none_or(|off| day < off);
        if !is_on || !call.is_answered() || !draws.chance(workload.gateway_hits) {
            return None;
        }
        let start_ms = call.end_ms() + 1000 + draws.below(600_000) as i64;
        let hit = Call {
            start_ms,
            latency_ms: 12 + draws.below(20) as i64,
            logical: draws.next(),
            outcome: Outcome::GatewayHit,
            ..call.clone()
        };
        (hit.end_ms() < midnight_ms(day) + DAY_MS).then_some(hit)
    }
}

fn crosses_midnight(call: &Call, day: NaiveDate) -> bool {
    call.end_ms() >= midnight_ms(day) + DAY_MS
}

fn fail(call: &mut Call, draws: &mut Draws) {
    let statuses = [429, 429, 500, 503];
    call.outcome = Outcome::Failed(statuses[draws.below(4) as usize]);
    call.latency_ms = 40 + draws.below(400) as i64;
    call.usage = Usage::default();
}

fn start_ms(hours: Hours, day: NaiveDate, draws: &mut Draws) -> i64 {
    let hour = 3_600_000;
    let within = match hours {
        Hours::Always => draws.below(24 * hour),
        Hours::Night => hour + draws.below(3 * hour),
        Hours::Office => 6 * hour + draws.below(7 * hour) + draws.below(7 * hour),
    };
    midnight_ms(day) + within as i64
}

fn usage(workload: &Workload, draws: &mut Draws) -> Usage {
    let sizes = &workload.sizes;
    let prompt = draws.size(sizes.prompt);
    let cache_read = part(prompt, sizes.cached, draws);
    let write_5m = part(prompt, sizes.written, draws);
    Usage {
        uncached: prompt - cache_read - write_5m,
        cache_read,
        write_5m,
        write_1h: 0,
        visible: draws.size(sizes.visible),
        reasoning: draws.size(sizes.reasoning),
    }
}

/// A share of the prompt in cache blocks of 128 tokens, in so many of a thousand calls.
fn part(prompt: u64, (share, chance): (u64, u64), draws: &mut Draws) -> u64 {
    if draws.chance(chance) { prompt * share / 1000 / 128 * 128 } else { 0 }
}
