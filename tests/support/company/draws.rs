//! Seeded draws: SplitMix64 and sizes made of integers only, so that every platform writes the same bytes.

/// SplitMix64: small, fast, and the same everywhere.
pub struct Draws(u64);

impl Draws {
    /// Draws of one cell (a workload on a day, a call): cells never share or shift each other's numbers.
    pub fn of(seed: u64, cell: &[u64]) -> Self {
        let mut state = seed;
        for part in cell {
            state = Draws(state ^ part.wrapping_mul(0xA24B_AED4_963E_E407)).next();
        }
        Draws(state)
    }

    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        crate::splitmix::next(&mut self.0)
    }

    /// A number from 0 to `bound - 1`; 0 when the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// True in so many of a thousand cases.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// A skewed size around its mean: the product of four factors, each within the spread.
    pub fn size(&mut self, size: Size) -> u64 {
        let mut value = size.mean * 1000;
        for _ in 0..4 {
            let factor = 1000 - size.spread + self.below(2 * size.spread + 1);
            value = value * factor / 1000;
        }
        value / 1000
    }
}

/// A mean and a spread in thousandths per factor: 100 bounds the size to 0.66 and 1.46 of its mean.
#[derive(Clone, Copy, Debug, Default)]
pub struct Size {
    pub mean: u64,
    pub spread: u64,
}

impl Size {
    pub const fn of(mean: u64, spread: u64) -> Self {
        Size { mean, spread }
    }
}
