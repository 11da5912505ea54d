//! Two texts, line by line.

/// A diff, if these texts differ.
pub(super) fn diff(expected: &str, happened: &str) -> Option<String> {
    (expected != happened).then(|| lines(expected, happened))
}

/// The longest common subsequence of lines stays, the others are marked.
fn lines(expected: &str, happened: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (expected.lines().collect(), happened.lines().collect());
    let width = new.len() + 1;
    // common[i * width + j]: how many lines old[i..] and new[j..] have in common.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push(format!("    {}", old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || (i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            out.push(format!("  - {}", old[i]));
            i += 1;
        } else {
            out.push(format!("  + {}", new[j]));
            j += 1;
        }
    }
    out.join("\n")
}
