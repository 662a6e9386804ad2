//! What inferno's script lacks, put into its text.

const HISTORY: &str = include_str!("history.js");

const CHANGES: [(&str, &str); 4] = [
    // A term that is no regular expression, as `f(int` is, found nothing and said nothing.
    (
        "var re = new RegExp(term);",
        r"var re;
    try { re = new RegExp(term); }
    catch { re = new RegExp(term.replace(/[^\w\s]/g, '\\$&')); }",
    ),
    // `main$` found nothing, and `samples` all: the count behind a name was searched too.
    ("return (func);", r"return func.replace(/ \([^(]*\)$/, '');"),
    // What is nowhere was answered by nothing at all.
    (
        "if (!searching)\n        return;",
        r"if (!searching) {
        matchedtxt.classList.remove('hide');
        matchedtxt.firstChild.nodeValue = 'Matched: 0%';
        return;
    }",
    ),
    // The back button left the page instead of a zoom.
    ("history.replaceState(null, null, parse_params(params))", "remember(parse_params(params))"),
];

/// The picture with zooms and searches in the browser's history, and any text as a search term.
pub fn improve(svg: String) -> String {
    // With what ends its last section: a name in it can hold the tag, and not this.
    const END: &str = "]]></script>";
    let Some(end) = svg.find(END) else {
        return svg;
    };
    let mut script = svg[..end].to_string();
    for (theirs, ours) in CHANGES {
        script = script.replace(theirs, ours);
    }
    format!("{script}\n{HISTORY}{}", &svg[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_finds_its_place() {
        let mut svg = Vec::new();
        let mut options = inferno::flamegraph::Options::default();
        inferno::flamegraph::from_lines(&mut options, ["a 1"], &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        for (theirs, _) in CHANGES {
            assert!(svg.contains(theirs), "{theirs}");
        }
        let improved = improve(svg);
        assert_eq!(improved.matches("remember(parse_params(params))").count(), 4);
        assert!(improved.contains("function remember"));
        assert_eq!(improved.matches("</script>").count(), 1);
    }
}
