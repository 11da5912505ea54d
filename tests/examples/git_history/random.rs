//! Random histories, written for `git fast-import`: all kinds of changes, alone and together in one commit, on odd paths.

use std::fmt::Write as _;

use super::scratch::Scratch;

/// A small generator: the histories must be the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(high).expect("31 bits") % sides
    }
}

#[derive(Clone)]
struct Entry {
    path: Vec<u8>,
    mode: &'static str,
    content: Vec<u8>,
}

struct Author {
    dice: Dice,
    entries: Vec<Entry>,
    free: Vec<Vec<u8>>,
    paths: usize,
    /// The changes of the commit in the making.
    changes: Vec<u8>,
}

/// A repository with this many commits on its first-parent line.
pub(super) fn repository(seed: u64, commits: usize) -> Scratch {
    let scratch = Scratch::new();
    let mut author = Author {
        dice: Dice(seed),
        entries: Vec::new(),
        free: Vec::new(),
        paths: 0,
        changes: Vec::new(),
    };
    let mut script = Vec::new();
    for number in 1..=commits {
        let mut merged = None;
        if number > 1 && author.dice.below(12) == 0 {
            // A side branch; what it brings must not be counted twice.
            begin(&mut script, "side", commits + number);
            script.extend(format!("from :{}\n", number - 1).bytes());
            script.extend(b"M 100644 inline side\ndata 2\nx\n");
            merged = Some(format!("merge :{}\n", commits + number));
        }
        for _ in 0..author.dice.below(5) {
            author.change();
        }
        begin(&mut script, "main", number);
        script.extend(merged.unwrap_or_default().bytes());
        script.append(&mut author.changes);
        script.push(b'\n');
    }
    scratch.git_with(["fast-import", "--quiet"], &script);
    scratch
}

fn begin(script: &mut Vec<u8>, branch: &str, mark: usize) {
    let text = format!(
        "commit refs/heads/{branch}\nmark :{mark}\ncommitter S <s@example.org> {} +0000\ndata 0\n",
        1_500_000_000 + mark
    );
    script.extend(text.bytes());
}

impl Author {
    fn change(&mut self) {
        if self.entries.len() < 4 {
            return self.create();
        }
        let one = self.dice.below(self.entries.len());
        match self.dice.below(10) {
            0 | 1 => self.create(),
            2 => self.delete(one),
            3 => self.change_mode(one),
            4 => self.rename(one),
            5 => {
                // Moved, and another file in its place.
                let path = self.entries[one].path.clone();
                self.rename(one);
                self.free.retain(|free| *free != path);
                self.create_at(path);
            }
            6 => self.exchange(one),
            _ => self.edit(one),
        }
    }

    fn create(&mut self) {
        let free = self.free.len();
        let path = if free > 0 && self.dice.below(2) == 0 {
            let index = self.dice.below(free);
            self.free.swap_remove(index)
        } else {
            self.new_path()
        };
        self.create_at(path);
    }

    fn create_at(&mut self, path: Vec<u8>) {
        let mut content = Vec::new();
        for _ in 0..self.dice.below(30) {
            content.extend(format!("line {}\n", self.dice.below(1 << 30)).bytes());
        }
        if self.dice.below(8) == 0 {
            content.push(0);
        }
        self.entries.push(Entry {
            path,
            mode: "100644",
            content,
        });
        self.put(self.entries.len() - 1);
    }

    fn edit(&mut self, index: usize) {
        let line = format!("line {}\n", self.dice.below(1 << 30));
        let cut = self.dice.below(3) == 0;
        let entry = &mut self.entries[index];
        if cut {
            let start = entry
                .content
                .iter()
                .position(|&byte| byte == b'\n')
                .unwrap_or(0);
            entry.content.drain(..start);
        }
        entry.content.extend(line.bytes());
        self.put(index);
    }

    fn change_mode(&mut self, index: usize) {
        let modes = ["100644", "100755", "120000", "160000"];
        self.entries[index].mode = modes[self.dice.below(modes.len())];
        self.put(index);
    }

    fn delete(&mut self, index: usize) {
        let entry = self.entries.swap_remove(index);
        self.say("D", &[&entry.path]);
        self.free.push(entry.path);
    }

    fn rename(&mut self, index: usize) {
        let path = self.new_path();
        let former = std::mem::replace(&mut self.entries[index].path, path.clone());
        self.say("R", &[&former, &path]);
        self.free.push(former);
        if self.dice.below(2) == 0 {
            self.edit(index);
        }
    }

    /// Two files change places, or one takes the place of one that moves on.
    fn exchange(&mut self, one: usize) {
        let other = self.dice.below(self.entries.len());
        if one == other {
            return;
        }
        let aside = self.new_path();
        let (first, second) = (
            self.entries[one].path.clone(),
            self.entries[other].path.clone(),
        );
        self.say("R", &[&second, &aside]);
        self.say("R", &[&first, &second]);
        self.entries[one].path = second;
        if self.dice.below(2) == 0 {
            self.say("R", &[&aside, &first]);
            self.entries[other].path = first;
        } else {
            self.entries[other].path = aside;
            self.free.push(first);
        }
    }

    fn new_path(&mut self) -> Vec<u8> {
        let odd: [&[u8]; 8] = [
            b"",
            b" x",
            b"\"",
            b"\xff\xfe",
            b"\n",
            b"\t",
            "ä".as_bytes(),
            b"\\",
        ];
        self.paths += 1;
        let mut path = format!("d{}/", self.dice.below(3)).into_bytes();
        path.extend(odd[self.dice.below(odd.len())]);
        path.extend(format!("f{}", self.paths).bytes());
        path.extend(odd[self.dice.below(odd.len())]);
        path
    }

    fn put(&mut self, index: usize) {
        let Entry {
            path,
            mode,
            content,
        } = self.entries[index].clone();
        if mode == "160000" {
            let commit = format!("{:040x}", content.len() + 1);
            self.say(&format!("M {mode} {commit}"), &[&path]);
        } else {
            self.say(&format!("M {mode} inline"), &[&path]);
            self.changes
                .extend(format!("data {}\n", content.len()).bytes());
            self.changes.extend(&content);
            self.changes.push(b'\n');
        }
    }

    fn say(&mut self, command: &str, paths: &[&[u8]]) {
        self.changes.extend(command.bytes());
        for path in paths {
            let mut quoted = String::new();
            for byte in *path {
                let _ = write!(quoted, "\\{byte:03o}");
            }
            self.changes.extend(format!(" \"{quoted}\"").bytes());
        }
        self.changes.push(b'\n');
    }
}

#[test]
fn random_histories_end_with_the_tree_and_totals_that_git_has() {
    for seed in 1..=8 {
        let scratch = repository(seed * 7_919, 60);
        let rows = scratch.check();
        assert!(rows.len() > 100, "seed {seed} is hardly a history");
    }
}
