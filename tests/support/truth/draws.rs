//! Chance, from a seed alone: SplitMix64, and what is made of it.

/// A stream of numbers.
pub struct Draws(u64);

impl Draws {
    /// The stream of one cell (a workload, a part of it): cells never shift each other's numbers.
    pub fn of(seed: u64, cell: &[u64]) -> Self {
        let mut state = seed;
        for part in cell {
            state = Draws(state ^ part.wrapping_mul(0xA24B_AED4_963E_E407)).next();
        }
        Draws(state)
    }

    fn next(&mut self) -> u64 {
        crate::splitmix::next(&mut self.0)
    }

    /// From 0 up to, but not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Every order of magnitude is as likely.
    pub fn spread(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[(self.unit() * among.len() as f64) as usize]
    }

    /// One of these, each with its weight.
    pub fn weighed<T: Copy>(&mut self, among: &[(T, f64)]) -> T {
        let mut left = self.unit() * among.iter().map(|(_, weight)| weight).sum::<f64>();
        for (what, weight) in among {
            left -= weight;
            if left < 0.0 {
                return *what;
            }
        }
        among[among.len() - 1].0
    }

    /// A standard normal figure (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}
