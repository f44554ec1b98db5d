//! Every transport against a real TPM emulator, with bare command bytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use tpm2ca_testkit::{Delay, Intercept, MssimProxy, Recorder, Swtpm, Tool, temp_dir};
use tpm2ca_tpm::{Tcti, Transport, TransportError};

#[test]
fn swtpm_over_tcp() {
    let swtpm = Swtpm::start();
    let mut tpm = connect(&swtpm.tcti());
    exercise(tpm.as_mut());
    assert_eq!(
        response_code(&tpm.transact(&STARTUP_CLEAR).unwrap()),
        RC_INITIALIZE,
        "it has been started already"
    );
}

#[test]
fn swtpm_over_a_unix_socket() {
    let swtpm = Swtpm::start_unix();
    exercise(connect(&swtpm.tcti()).as_mut());
}

#[test]
fn swtpm_that_waits_for_its_startup() {
    let swtpm = Swtpm::start_without_startup();
    let mut tpm = connect(&swtpm.tcti());
    assert_eq!(
        response_code(&tpm.transact(&GET_RANDOM_16).unwrap()),
        RC_INITIALIZE
    );
    assert_eq!(response_code(&tpm.transact(&STARTUP_CLEAR).unwrap()), 0);
    exercise(tpm.as_mut());
}

#[test]
fn the_microsoft_simulator_as_libtss2_and_we_see_it() {
    let swtpm = Swtpm::start_without_startup();
    let simulator = MssimProxy::start(&swtpm);
    let mut tpm = connect(&simulator.tcti());
    assert_eq!(simulator.power_ons(), 1);
    assert_eq!(response_code(&tpm.transact(&STARTUP_CLEAR).unwrap()), 0);
    exercise(tpm.as_mut());
    drop(tpm);
    let ran = Tool::new("tpm2_getrandom")
        .args(["--hex", "8", "--tcti", &simulator.tcti().to_string()])
        .ok();
    assert_eq!(ran.text().trim().len(), 16, "{}", ran.report());
    exercise(connect(&simulator.tcti()).as_mut());
}

#[test]
fn a_tpm_that_is_killed_is_lost_and_can_be_reached_again() {
    for mut swtpm in [Swtpm::start(), Swtpm::start_unix()] {
        let mut tpm = connect(&swtpm.tcti());
        exercise(tpm.as_mut());
        swtpm.kill();
        let error = tpm.transact(&GET_RANDOM_16).unwrap_err();
        assert!(error.is_lost(), "{error}");
        let Err(error) = swtpm.tcti().connector().connect() else {
            panic!("connected to a dead TPM");
        };
        assert!(error.is_lost(), "{error}");
        assert!(error.hint().unwrap().contains("running"));
        swtpm.restart();
        assert!(matches!(
            tpm.transact(&GET_RANDOM_16),
            Err(TransportError::Closed { .. })
        ));
        exercise(connect(&swtpm.tcti()).as_mut());
    }
}

#[test]
fn a_second_client_is_served_when_the_first_has_gone() {
    let swtpm = Swtpm::start();
    let mut first = connect(&swtpm.tcti());
    exercise(first.as_mut());
    let tcti = swtpm.tcti();
    let second = std::thread::spawn(move || exercise(connect(&tcti).as_mut()));
    std::thread::sleep(Duration::from_millis(100));
    assert!(!second.is_finished(), "swtpm served two at a time");
    drop(first);
    second.join().unwrap();
}

#[test]
fn a_connection_that_nobody_takes_is_given_up() {
    let dir = temp_dir();
    let path = dir.path().join("busy.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let tcti = Tcti::SwtpmUnix(path);
    let mut waiting = Vec::new();
    let started = Instant::now();
    // The queue of a listener that never accepts takes some, and lets the next one wait.
    let error = loop {
        match tcti.connector().connect() {
            Ok(transport) => waiting.push(transport),
            Err(error) => break error,
        }
        assert!(waiting.len() < 10_000, "the queue has no end");
    };
    assert!(matches!(error, TransportError::Timeout { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_mins(1));
}

#[test]
fn a_peer_that_is_no_tpm_is_refused() {
    let answers: [&[u8]; 5] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        // A size of 4 GiB, a size of nothing, more than the size says, less and then the end.
        &[0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
        &[0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0, 0],
        &[0x80, 0x01, 0, 0, 0, 12, 0, 0, 0, 0],
    ];
    for answer in answers {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let peer = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut command = [0; GET_RANDOM_16.len()];
            client.read_exact(&mut command).unwrap();
            client.write_all(answer).unwrap();
        });
        let tcti = Tcti::SwtpmTcp {
            host: "127.0.0.1".to_owned(),
            port,
        };
        let error = connect(&tcti).transact(&GET_RANDOM_16).unwrap_err();
        assert!(
            matches!(
                error,
                TransportError::BadFrame { .. } | TransportError::Closed { .. }
            ),
            "{answer:?}: {error}"
        );
        assert!(error.is_lost());
        peer.join().unwrap();
    }
}

#[test]
fn the_recorder_hears_everything_across_reconnects() {
    let swtpm = Swtpm::start();
    let recorder = Recorder::start(&swtpm.tcti());
    let first = connect(&recorder.tcti()).transact(&GET_RANDOM_16).unwrap();
    let second = connect(&recorder.tcti()).transact(&GET_RANDOM_16).unwrap();
    assert_ne!(first, second);
    assert!(recorder.contains(&first[12..]) && recorder.contains(&second[12..]));
    assert!(recorder.contains(&GET_RANDOM_16));
    assert!(!recorder.contains(b"not on the wire"));
    let tape = recorder.exchanges();
    assert_eq!(tape.len(), 2);
    assert_eq!(tape[1].command_code(), 0x17b);
    assert_eq!(tape[1].response_code(), Some(0));
    recorder.clear();
    assert!(recorder.exchanges().is_empty());
}

#[test]
fn hooks_change_what_passes() {
    let swtpm = Swtpm::start();
    let mut connector = Intercept::tamper(
        swtpm.tcti().connector(),
        // Ask for 8 octets instead of 16.
        |command| command[11] = 8,
        |command, response| {
            assert_eq!(command, GET_RANDOM_16);
            response.push(0xee);
        },
    );
    let mut tpm = tpm2ca_tpm::Connector::connect(&mut connector).unwrap();
    let response = tpm.transact(&GET_RANDOM_16).unwrap();
    assert_eq!(response.len(), 10 + 2 + 8 + 1);
    assert_eq!(response.last(), Some(&0xee));
}

#[test]
fn a_slow_tpm_is_slow_to_sign_only() {
    let swtpm = Swtpm::start();
    let delay = Duration::from_secs(1);
    let mut connector = Delay::new(swtpm.tcti().connector(), delay);
    let mut tpm = tpm2ca_tpm::Connector::connect(&mut connector).unwrap();
    let started = Instant::now();
    exercise(tpm.as_mut());
    assert!(started.elapsed() < delay);
    let started = Instant::now();
    let sign = [0x80, 0x02, 0, 0, 0, 10, 0, 0, 0x01, 0x5d];
    assert_ne!(response_code(&tpm.transact(&sign).unwrap()), 0);
    assert!(started.elapsed() >= delay);
}

#[test]
fn tpm2_tools_reach_the_emulator() {
    let swtpm = Swtpm::start();
    let ran = Tool::tpm2("tpm2_getrandom", &swtpm)
        .args(["--hex", "4"])
        .ok();
    assert_eq!(ran.text().trim().len(), 8, "{}", ran.report());
}

fn connect(tcti: &Tcti) -> Box<dyn Transport> {
    tcti.connector().connect().unwrap()
}

/// A few ordinary commands, one of them wrong, one with a long answer.
fn exercise(tpm: &mut dyn Transport) {
    let random = tpm.transact(&GET_RANDOM_16).unwrap();
    assert_eq!(random.len(), 10 + 2 + 16);
    assert_ne!(random, tpm.transact(&GET_RANDOM_16).unwrap());

    // GetCapability(TPM_CAP_COMMANDS, from 0, 256 of them)
    let commands = tpm
        .transact(&[
            0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0,
        ])
        .unwrap();
    assert_eq!(response_code(&commands), 0);
    assert!(commands.len() > 400, "{}", commands.len());

    let unknown = tpm
        .transact(&[0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x00])
        .unwrap();
    assert_eq!(response_code(&unknown), RC_COMMAND_CODE);
}

fn response_code(response: &[u8]) -> u32 {
    u32::from_be_bytes(response[6..10].try_into().unwrap())
}

const STARTUP_CLEAR: [u8; 12] = [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0];
const GET_RANDOM_16: [u8; 12] = [0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b, 0, 16];
const RC_INITIALIZE: u32 = 0x100;
const RC_COMMAND_CODE: u32 = 0x143;
