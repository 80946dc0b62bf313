//! The method's own program recomputes every worked example without this one.

/// Goal: the figures that our tests promise are those of the method. Method: its program, which holds text and figures to each
/// other; the house rules hold the ids to our tests.
#[test]
fn the_methods_own_program_agrees() {
    let (Some(data), Some(python)) = (super::data(), super::python_with("hashlib")) else { return };
    let said = python.run(&data.join("method_check.py"), &[]);
    assert!(said.ends_with("all examples match\n"), "{said}");
}
