//! The program itself, killed by the system, and started twice at once.
//!
//! Goal: as `crashes`, with real processes, real files and the whole project. Method: SIGKILL after a part of the time
//! that an undisturbed night takes, at points drawn with a fixed seed; the next night must leave what the undisturbed one
//! left. Long form, on a real object store: `prove`.

use crate::disturbed::kills::kills;
use crate::disturbed::pairs::pairs;
use crate::shelves::Shelf;

const KILLS: usize = 10;
const PAIRS: usize = 5;

#[test]
fn a_killed_process_is_finished_by_the_next_one() {
    let figures = kills(&Shelf::folder(), KILLS, 26, 1, &|_| {});
    println!("{} kills, {} runs that ended before theirs", figures.kills, figures.too_late);
    assert!(figures.violations.is_empty(), "{:#?}", figures.violations);
    assert_eq!((figures.kills, figures.repaired), (KILLS, KILLS));
}

#[test]
fn of_two_schedulers_at_once_one_runs_and_one_says_who() {
    let figures = pairs(&Shelf::folder(), PAIRS, &|_| {});
    assert!(figures.violations.is_empty(), "{:#?}", figures.violations);
    assert_eq!(figures.pairs, PAIRS);
}
