use super::*;

const ONE: Count = Count { digits: 1, decimals: 0 };

fn outline(stacks: &Stacks) -> Vec<(String, Counts)> {
    let path = |mut node: usize| {
        let mut names = Vec::new();
        while node != 0 {
            names.push(String::from_utf8_lossy(stacks.name(node)).into_owned());
            node = stacks.nodes[node].parent as usize;
        }
        names.reverse();
        names.join(";")
    };
    let totals = stacks.totals().unwrap();
    let mut all: Vec<_> = (1..totals.len()).map(|node| (path(node), totals[node])).collect();
    all.sort();
    all
}

#[test]
fn equal_prefixes_are_equal_nodes_in_any_order() {
    let mut stacks = Stacks::new(Shape::default());
    for frames in ["a;bc", "a;b", "a b", "a;b;c", "a", "a;bc", "", "a;b;c;"] {
        stacks.add(frames.as_bytes(), AFTER, ONE);
    }
    let wanted =
        [("", 1), ("a", 6), ("a b", 1), ("a;b", 3), ("a;b;c", 2), ("a;b;c;", 1), ("a;bc", 2)];
    assert_eq!(outline(&stacks), wanted.map(|(path, count)| (path.to_string(), [count, 0])));
}

#[test]
fn stacks_may_begin_at_the_leaf_or_at_a_base() {
    let mut stacks = Stacks::new(Shape { reverse: true, ..Shape::default() });
    stacks.add(b"a;b", AFTER, ONE);
    stacks.add(b"c;b", BEFORE, ONE);
    let paths: Vec<_> = outline(&stacks).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["b", "b;a", "b;c"]);

    let base = vec!["b".to_string()];
    let mut stacks = Stacks::new(Shape { base, ..Shape::default() });
    for frames in ["a;b;c", "b;b;d", "a;bb", "b"] {
        stacks.add(frames.as_bytes(), AFTER, ONE);
    }
    let paths: Vec<_> = outline(&stacks).into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["b", "b;c", "b;d"]);
    assert_eq!(stacks.lines, 3);
}

#[test]
fn fractions_make_the_unit_of_all_smaller() {
    let mut stacks = Stacks::new(Shape::default());
    stacks.add(b"a", AFTER, ONE);
    stacks.add(b"a", AFTER, Count { digits: 25, decimals: 2 });
    assert_eq!((stacks.nodes[1].own[AFTER], stacks.decimals), (125, 2));
    stacks.add(b"a", AFTER, Count { digits: u64::MAX, decimals: 2 });
    assert_eq!(stacks.totals(), None);
}
