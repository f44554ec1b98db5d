//! The software TPM inside the process: its state survives whatever happens, and one at a time has it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tpm2ca_testkit::{rounds, temp_dir};
use tpm2ca_tpm::{Tcti, Transport, TransportError};

#[test]
fn state_survives_and_is_its_owners_alone() {
    let _turn = turn();
    let dir = temp_dir();
    let state = dir.path().join("tpm");
    let mut tpm = start(&state);
    define_counter(tpm.as_mut());
    let first = increment(tpm.as_mut());
    drop(tpm);

    let mut tpm = start(&state);
    assert_eq!(read_counter(tpm.as_mut()), first);
    assert_eq!(increment(tpm.as_mut()), first + 1);
    drop(tpm);

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&state).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
        names.push(path.file_name().unwrap().to_owned());
    }
    assert!(names.contains(&"permall".into()), "{names:?}");
}

#[test]
fn two_folders_are_two_tpms() {
    let _turn = turn();
    let dir = temp_dir();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    define_counter(start(&one).as_mut());
    let mut tpm = start(&other);
    // Two definitions of one index in one TPM would be refused.
    define_counter(tpm.as_mut());
}

#[test]
fn an_orderly_end_is_orderly() {
    let _turn = turn();
    let dir = temp_dir();
    let mut tpm = start(dir.path());
    assert_eq!(reset_count(tpm.as_mut()), 1);
    // What a TPM counts when it was not shut down in order is its lockout counter; it stays at 0.
    drop(tpm);
    let mut tpm = start(dir.path());
    assert_eq!(reset_count(tpm.as_mut()), 2);
    assert_eq!(lockout_counter(tpm.as_mut()), 0);
}

#[test]
fn what_a_crash_left_behind_does_not_matter() {
    let _turn = turn();
    let dir = temp_dir();
    let mut tpm = start(dir.path());
    define_counter(tpm.as_mut());
    let count = increment(tpm.as_mut());
    drop(tpm);
    let state = fs::read(dir.path().join("permall")).unwrap();
    fs::write(dir.path().join("permall.new"), &state[..state.len() / 2]).unwrap();
    let mut tpm = start(dir.path());
    assert_eq!(read_counter(tpm.as_mut()), count);
    assert_eq!(increment(tpm.as_mut()), count + 1);
}

#[test]
fn damaged_state_is_an_error_and_stays_as_it_is() {
    let _turn = turn();
    let dir = temp_dir();
    drop(start(dir.path()));
    let path = dir.path().join("permall");
    let good = fs::read(&path).unwrap();
    for length in [0, 1, 100, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        let Err(error) = open(dir.path()) else {
            panic!("a new TPM was made over {length} octets of an old one");
        };
        assert!(
            matches!(error, TransportError::Emulator { .. }),
            "{length}: {error}"
        );
        assert!(error.hint().unwrap().contains("damaged"));
        assert_eq!(fs::read(&path).unwrap(), &good[..length], "{length}");
    }
    fs::write(&path, &good).unwrap();
    drop(start(dir.path()));
}

#[test]
fn a_disk_that_takes_no_more_is_an_error_and_the_state_stays() {
    let _turn = turn();
    let dir = temp_dir();
    let mut tpm = start(dir.path());
    define_counter(tpm.as_mut());
    let count = increment(tpm.as_mut());
    let in_the_way = dir.path().join("permall.new");
    fs::create_dir(&in_the_way).unwrap();

    let error = tpm.transact(&nv_command(NV_INCREMENT, &[])).unwrap_err();
    let TransportError::State { action, path, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((*action, path.ends_with("permall")), ("write", true));
    assert!(!error.is_lost());
    // That TPM is of no more use; a fresh start is.
    let error = tpm.transact(&GET_RANDOM_16).unwrap_err();
    assert!(error.is_lost(), "{error}");
    drop(tpm);

    fs::remove_dir(&in_the_way).unwrap();
    let mut tpm = start(dir.path());
    assert_eq!(read_counter(tpm.as_mut()), count);
    assert_eq!(increment(tpm.as_mut()), count + 1);
}

#[test]
fn a_new_tpm_that_cannot_be_written_is_none() {
    let _turn = turn();
    let dir = temp_dir();
    let in_the_way = dir.path().join("permall.new");
    fs::create_dir(&in_the_way).unwrap();
    // In this process, where a TPM may have run before, and in a fresh one.
    let Err(error) = open(dir.path()) else {
        panic!("a TPM without a state on disk");
    };
    assert!(matches!(error, TransportError::State { .. }), "{error}");
    assert_eq!(
        Player::start("refused", dir.path()).next_line(),
        error.to_string()
    );
    assert!(!dir.path().join("permall").exists());
    fs::remove_dir(&in_the_way).unwrap();
    drop(start(dir.path()));
}

#[test]
fn damaged_state_is_an_error_for_a_fresh_process_too() {
    let _turn = turn();
    let dir = temp_dir();
    fs::write(dir.path().join("permall"), [0; 100]).unwrap();
    let said = Player::start("refused", dir.path()).next_line();
    assert!(said.contains("TPMLIB_MainInit"), "{said}");
}

#[test]
fn a_second_one_in_the_process_waits_for_the_first() {
    let _turn = turn();
    let dir = temp_dir();
    let first = start(dir.path());
    let folder = dir.path().join("second");
    let second = thread::spawn(move || drop(start(&folder)));
    thread::sleep(Duration::from_millis(100));
    assert!(!second.is_finished());
    drop(first);
    second.join().unwrap();
}

#[test]
fn a_second_one_in_the_process_is_told_so_in_the_end() {
    let _turn = turn();
    let dir = temp_dir();
    let _first = start(dir.path());
    let started = Instant::now();
    let Err(error) = open(&dir.path().join("second")) else {
        panic!("two TPMs in one process");
    };
    assert!(started.elapsed() < Duration::from_secs(15));
    assert!(matches!(error, TransportError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("this process"), "{error}");
}

#[test]
fn another_process_is_told_who_has_it() {
    let _turn = turn();
    let dir = temp_dir();
    let mut child = Player::start("holder", dir.path());
    child.next_line();
    let Err(error) = open(dir.path()) else {
        panic!("two processes have one TPM");
    };
    let pid = format!("in use by process {}", child.0.id());
    assert!(error.to_string().contains(&pid), "{error}");
    drop(child);
    // The kernel has released the lock of the dead process.
    drop(start(dir.path()));
}

#[test]
fn short_users_from_several_processes_all_succeed() {
    let _turn = turn();
    let dir = temp_dir();
    let mut tpm = start(dir.path());
    define_counter(tpm.as_mut());
    let before = increment(tpm.as_mut());
    drop(tpm);
    let mut children: Vec<Player> = (0..4)
        .map(|_| Player::start("visitor", dir.path()))
        .collect();
    let mut counts: Vec<u64> = children
        .iter_mut()
        .map(|child| child.next_line().parse().unwrap())
        .collect();
    counts.sort_unstable();
    let expected: Vec<u64> = (before + 1..=before + 4).collect();
    assert_eq!(counts, expected);
}

/// Kills a process that counts in the TPM, over and over, at arbitrary moments: every number it has seen must be
/// there afterwards, and at most the one that was under way besides.
#[test]
fn nothing_is_lost_when_the_process_is_killed() {
    let _turn = turn();
    let dir = temp_dir();
    let mut tpm = start(dir.path());
    define_counter(tpm.as_mut());
    drop(tpm);
    for round in 0..rounds() as u64 {
        let mut child = Player::start("counter", dir.path());
        let first = child.next_line();
        thread::sleep(Duration::from_micros(round * 1_700 % 20_000));
        let last: u64 = child.kill().last().unwrap_or(&first).parse().unwrap();
        let now = read_counter(start(dir.path()).as_mut());
        assert!(
            (last..=last + 1).contains(&now),
            "round {round}: {now} after {last}"
        );
    }
}

/// What the child processes of the other tests do; a test by itself does nothing.
#[test]
fn player() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    if role == "refused" {
        let Err(error) = open(&folder) else {
            panic!("it was to be refused");
        };
        return say(&error.to_string());
    }
    let mut tpm = start(&folder);
    match role.as_str() {
        "holder" => {
            say("ready");
            thread::sleep(Duration::from_mins(2));
        }
        "visitor" => {
            let count = increment(tpm.as_mut());
            say(&count.to_string());
        }
        "counter" => loop {
            let count = increment(tpm.as_mut());
            say(&count.to_string());
        },
        other => panic!("{other}"),
    }
}

#[expect(
    clippy::print_stdout,
    reason = "it is how a child speaks to its parent"
)]
fn say(line: &str) {
    println!("\n{MARK}{line}");
}

/// A child process that runs [`player`]; killed when it is dropped.
struct Player(Child, BufReader<std::process::ChildStdout>);

impl Player {
    fn start(role: &str, folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "player", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self(child, stdout)
    }

    fn next_line(&mut self) -> String {
        for line in (&mut self.1).lines() {
            if let Some(said) = line.unwrap().strip_prefix(MARK) {
                return said.to_owned();
            }
        }
        panic!("the child said nothing");
    }

    /// Kills it and returns the rest of what it has said.
    fn kill(mut self) -> Vec<String> {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
        (&mut self.1)
            .split(b'\n')
            .filter_map(|line| {
                let line = String::from_utf8(line.unwrap()).unwrap();
                line.strip_prefix(MARK).map(str::to_owned)
            })
            .collect()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// There is room for one TPM in this process, so the tests take turns.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(folder: &Path) -> Result<Box<dyn Transport>, TransportError> {
    Tcti::Libtpms(folder.to_owned()).connector().connect()
}

/// Opened and started up.
fn start(folder: &Path) -> Box<dyn Transport> {
    let mut tpm = open(folder).unwrap();
    done(tpm.as_mut(), &STARTUP_CLEAR);
    tpm
}

/// Runs a command that must succeed, and returns what follows the response's header.
fn done(tpm: &mut dyn Transport, command: &[u8]) -> Vec<u8> {
    let response = tpm.transact(command).unwrap();
    assert_eq!(response[6..10], [0; 4], "{command:02x?}");
    response[10..].to_vec()
}

fn define_counter(tpm: &mut dyn Transport) {
    let attributes: u32 = 1 << 1 | 1 << 4 | 1 << 17 | 1 << 25;
    let mut public = NV_INDEX.to_be_bytes().to_vec();
    public.extend(0x000b_u16.to_be_bytes());
    public.extend(attributes.to_be_bytes());
    public.extend([0, 0, 0, 8]);
    let mut parameters = vec![0, 0];
    parameters.extend(u16::try_from(public.len()).unwrap().to_be_bytes());
    parameters.extend(public);
    done(tpm, &owner_command(0x12a, &[], &parameters));
}

fn increment(tpm: &mut dyn Transport) -> u64 {
    done(tpm, &nv_command(NV_INCREMENT, &[]));
    read_counter(tpm)
}

fn read_counter(tpm: &mut dyn Transport) -> u64 {
    let read = done(tpm, &nv_command(0x14e, &[0, 8, 0, 0]));
    u64::from_be_bytes(read[6..14].try_into().unwrap())
}

/// How often the TPM was started afresh (TPMS_CLOCK_INFO of TPM2_ReadClock).
fn reset_count(tpm: &mut dyn Transport) -> u32 {
    let read = done(tpm, &[0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x81]);
    u32::from_be_bytes(read[16..20].try_into().unwrap())
}

/// TPM_PT_LOCKOUT_COUNTER
fn lockout_counter(tpm: &mut dyn Transport) -> u32 {
    let read = done(
        tpm,
        &[
            0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a, 0, 0, 0, 6, 0, 0, 0x02, 0x0e, 0, 0, 0, 1,
        ],
    );
    u32::from_be_bytes(read[13..17].try_into().unwrap())
}

fn nv_command(code: u32, parameters: &[u8]) -> Vec<u8> {
    owner_command(code, &NV_INDEX.to_be_bytes(), parameters)
}

/// A command with the owner's empty password.
fn owner_command(code: u32, handles: &[u8], parameters: &[u8]) -> Vec<u8> {
    let mut body = code.to_be_bytes().to_vec();
    body.extend(0x4000_0001_u32.to_be_bytes());
    body.extend(handles);
    body.extend([0, 0, 0, 9, 0x40, 0, 0, 0x09, 0, 0, 0, 0, 0]);
    body.extend(parameters);
    let mut command = vec![0x80, 0x02];
    command.extend(u32::try_from(body.len() + 6).unwrap().to_be_bytes());
    command.extend(body);
    command
}

const STARTUP_CLEAR: [u8; 12] = [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0];
const GET_RANDOM_16: [u8; 12] = [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 16];
const NV_INCREMENT: u32 = 0x134;
const NV_INDEX: u32 = 0x0150_0000;
const ROLE: &str = "TPM2CA_TEST_ROLE";
const FOLDER: &str = "TPM2CA_TEST_FOLDER";
const MARK: &str = "said: ";
