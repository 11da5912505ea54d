//! A cluster: its folder, its processes, and the watchdog that ends them when this process does.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tokio_postgres::Config;

const ROLE: &str = "postgres";

/// How long `initdb` and the server's start may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Reads the server's process ids, and when this process has ended, however it did, ends the last one, which ends its own
/// children, and removes the folder.
const WATCHDOG: &str = r#"
while read -r pid; do server=$pid; done
if [ -n "$server" ]; then
    kill -QUIT "$server" 2>/dev/null
    tries=0
    while kill -0 "$server" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
    kill -KILL "$server" 2>/dev/null
fi
rm -rf "$1"
"#;

#[derive(Debug)]
pub(super) struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    settings: Vec<String>,
    server: Option<Child>,
    watchdog: Child,
    /// Open as long as this process lives.
    lifeline: ChildStdin,
}

impl Cluster {
    pub(super) fn start(binaries: &Path, settings: &[(&str, &str)]) -> io::Result<Self> {
        let folder = new_folder()?;
        let user = unprivileged(&folder)?;
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group))?;
        }
        let mut watchdog = command("/bin/sh", user, &folder)
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let lifeline = watchdog.stdin.take();
        let lifeline = lifeline.ok_or_else(|| io::Error::other("the watchdog has no stdin"))?;
        let mut cluster = Self {
            binaries: binaries.to_owned(),
            folder,
            user,
            settings: settings
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
            server: None,
            watchdog,
            lifeline,
        };
        cluster.initialise()?;
        cluster.run()?;
        Ok(cluster)
    }

    /// How to connect, as the role that may do everything.
    pub(super) fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.folder)
            .user(ROLE)
            .dbname(ROLE)
            .connect_timeout(Duration::from_secs(10));
        config
    }

    fn initialise(&self) -> io::Result<()> {
        let done = self
            .command("initdb")
            .arg("-D")
            .arg(self.data())
            .args([
                "-U",
                ROLE,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .stdin(Stdio::null())
            .output()?;
        if done.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        Err(io::Error::other(format!("initdb failed: {said}")))
    }

    /// Starts the server, and waits until it takes connections.
    pub(super) fn run(&mut self) -> io::Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))?;
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.data());
        let socket = format!("unix_socket_directories={}", self.folder.display());
        let fixed = ["listen_addresses=", &socket, "max_connections=250"];
        for setting in fixed
            .into_iter()
            .chain(self.settings.iter().map(String::as_str))
        {
            server.args(["-c", setting]);
        }
        let server = server
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        writeln!(self.lifeline, "{}", server.id())?;
        self.server = Some(server);
        self.wait()
    }

    fn wait(&mut self) -> io::Result<()> {
        let ready = self.data().join("postmaster.pid");
        let begun = Instant::now();
        loop {
            // Its last line says whether connections are taken, also by a standby.
            let status = fs::read_to_string(&ready).unwrap_or_default();
            if status
                .lines()
                .nth(7)
                .is_some_and(|line| matches!(line.trim(), "ready" | "standby"))
            {
                return Ok(());
            }
            let ended = self.server.as_mut().map(Child::try_wait).transpose()?;
            if ended.flatten().is_some() || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(io::Error::other(format!(
                    "the server does not start: {log}"
                )));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Each server process leads a process group of its own: they are found by their parent, which is stopped meanwhile
    /// so that it makes no more.
    pub(super) fn kill(&mut self) -> io::Result<()> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        let parent = server.id();
        signal("STOP", &[parent])?;
        let mut all = children(parent)?;
        all.push(parent);
        signal("KILL", &all)?;
        server.wait()?;
        // Its file says "ready" until the next server writes it.
        let ready = self.data().join("postmaster.pid");
        let begun = Instant::now();
        while children_exist(&all) && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
        match fs::remove_file(ready) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, binary: &str) -> Command {
        command(self.binaries.join(binary), self.user, &self.folder)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // An immediate shutdown: the data goes anyway.
            if signal("QUIT", &[server.id()]).is_ok() {
                let _ = server.wait();
            }
        }
        let _ = fs::remove_dir_all(&self.folder);
        let _ = self.watchdog.kill();
        let _ = self.watchdog.wait();
    }
}

/// In a process group of its own: an interrupt at the terminal reaches this process, and the watchdog sees the rest.
fn command(
    binary: impl AsRef<std::ffi::OsStr>,
    user: Option<(u32, u32)>,
    folder: &Path,
) -> Command {
    let mut command = Command::new(binary);
    command
        .current_dir(folder)
        .env("LC_ALL", "C")
        .env_remove("PGDATA")
        .env_remove("PGOPTIONS")
        .process_group(0);
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn new_folder() -> io::Result<PathBuf> {
    let parent = std::env::temp_dir();
    loop {
        let name = format!(
            "es-postgres-{}-{:08x}",
            std::process::id(),
            fastrand::u32(..)
        );
        let folder = parent.join(name);
        match fs::create_dir(&folder) {
            Ok(()) => {
                fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
                return Ok(folder);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whom to run the server as, if this process is root: who owns what it makes says so.
fn unprivileged(made: &Path) -> io::Result<Option<(u32, u32)>> {
    if fs::metadata(made)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let of = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next() != Some(wanted) {
                return None;
            }
            let user = fields.nth(1)?.parse().ok()?;
            Some((user, fields.next()?.parse().ok()?))
        })
    };
    let user = of("postgres").or_else(|| of("nobody"));
    let missing =
        || io::Error::other("there is no user `postgres` or `nobody` to run the server as");
    user.map(Some).ok_or_else(missing)
}

fn signal(name: &str, processes: &[u32]) -> io::Result<()> {
    let mut kill = Command::new("/bin/sh");
    kill.args(["-c", "kill -s \"$@\"", "kill", name]);
    kill.args(processes.iter().map(ToString::to_string));
    kill.stderr(Stdio::null()).status()?;
    Ok(())
}

fn children(parent: u32) -> io::Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // `pid (name) state parent …`, and the name may have anything in it.
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        if fields.split(' ').nth(1).and_then(|id| id.parse().ok()) == Some(parent) {
            children.push(process);
        }
    }
    Ok(children)
}

fn children_exist(processes: &[u32]) -> bool {
    let mut processes = processes.iter();
    processes.any(|process| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        stat.rsplit(") ")
            .next()
            .is_some_and(|fields| !fields.is_empty() && !fields.starts_with('Z'))
    })
}
