//! The right action, from the method's text alone: section by section, over what was planted, without a line of SQL.

pub mod choice;
pub mod fit;
pub mod money;
pub mod quality;

/// P10 and P90 of a normal figure (M 0.5).
pub const Z90: f64 = 1.2816;
pub const Z95: f64 = 1.6449;
pub const Z80: f64 = 0.8416;

/// The standard normal distribution by Simpson's rule over its density: slow, and nothing like an approximation formula.
pub fn phi(x: f64) -> f64 {
    if x.abs() > 9.0 {
        return f64::from(u8::from(x > 0.0));
    }
    let steps = 400;
    let width = x / f64::from(steps);
    let sum: f64 = (0..=steps)
        .map(|step| {
            let weight = if step == 0 || step == steps {
                1.0
            } else if step % 2 == 1 {
                4.0
            } else {
                2.0
            };
            weight * density(f64::from(step) * width)
        })
        .sum();
    0.5 + sum * width / 3.0
}

pub fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}
