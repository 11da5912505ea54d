//! The lines that differ between two blocks.

/// `- old` and `+ new`, and the line of the variant that a line of a field belongs to.
pub(super) fn diff(old: &[String], new: &[String]) -> Vec<String> {
    let mut shown = Shown::default();
    let lengths = Lengths::of(old, new);
    let (mut i, mut j) = (0, 0);
    loop {
        match (old.get(i), new.get(j)) {
            (Some(left), Some(right)) if left == right => {
                shown.same(left);
                (i, j) = (i + 1, j + 1);
            }
            (Some(left), right)
                if right.is_none() || lengths.at(i + 1, j) >= lengths.at(i, j + 1) =>
            {
                shown.other('-', left);
                i += 1;
            }
            (_, Some(right)) => {
                shown.other('+', right);
                j += 1;
            }
            _ => return shown.lines,
        }
    }
}

#[derive(Default)]
struct Shown<'a> {
    lines: Vec<String>,
    /// A variant's line that isn't shown so far.
    above: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn same(&mut self, line: &'a str) {
        if !line.starts_with("    ") {
            self.above = line.starts_with("  ").then_some(line);
        }
    }

    fn other(&mut self, sign: char, line: &str) {
        let above = self.above.take();
        if let Some(above) = above.filter(|_| line.starts_with("    ")) {
            self.lines.push(format!("  {above}"));
        }
        self.lines.push(format!("{sign} {line}"));
    }
}

/// How many lines both have in common from a place on.
struct Lengths(Vec<Vec<usize>>);

impl Lengths {
    fn of(old: &[String], new: &[String]) -> Self {
        let mut lengths = Self(vec![vec![0; new.len() + 1]; old.len() + 1]);
        for (i, left) in old.iter().enumerate().rev() {
            for (j, right) in new.iter().enumerate().rev() {
                let best = if left == right {
                    lengths.at(i + 1, j + 1) + 1
                } else {
                    lengths.at(i + 1, j).max(lengths.at(i, j + 1))
                };
                if let Some(cell) = lengths.0.get_mut(i).and_then(|row| row.get_mut(j)) {
                    *cell = best;
                }
            }
        }
        lengths
    }

    fn at(&self, i: usize, j: usize) -> usize {
        let row = self.0.get(i);
        row.and_then(|row| row.get(j)).copied().unwrap_or(0)
    }
}
