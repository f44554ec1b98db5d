//! Asks for a secret on the terminal, without echo.
//!
//! Not with the `rpassword` crate, whose version 7 answers Ctrl-C with SIGINT before it has given the terminal its echo
//! back.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
};

use rustix::{
    process::{Signal, getpid, kill_process},
    termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr},
};
use zeroize::Zeroizing;

use crate::text::printable;

/// Asks for one line. Ctrl-C ends the process as it does elsewhere.
///
/// # Errors
/// A message for the user when there is no terminal, or no answer.
pub(crate) fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|_| NO_TERMINAL.to_owned())?;
    let answer = {
        let _silent = Silent::new(&terminal).map_err(|_| NO_TERMINAL.to_owned())?;
        (&terminal)
            .write_all(printable(prompt).as_bytes())
            .and_then(|()| read_line(&mut &terminal))
            .map_err(|error| format!("the terminal cannot be read: {error}"))?
    };
    // The Enter was not echoed either.
    let _ = (&terminal).write_all(b"\n");
    match answer {
        Answer::Line(line) if !line.is_empty() => Ok(line),
        Answer::Line(_) => Err("nothing was typed".to_owned()),
        Answer::Interrupt => {
            let _ = kill_process(getpid(), Signal::INT);
            Err("interrupted".to_owned())
        }
    }
}

const NO_TERMINAL: &str =
    "it needs an authorization value, none was given, and there is no terminal to ask on";

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Line(Zeroizing<Vec<u8>>),
    Interrupt,
}

/// The terminal gives each key at once and shows none, until this is dropped.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(terminal: &'a File) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        // Without ISIG, Ctrl-C arrives as a key; the echo is restored before it takes effect.
        silent
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        silent.special_codes[SpecialCodeIndex::VMIN] = 1;
        silent.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question was not meant as the answer.
        tcsetattr(terminal, OptionalActions::Flush, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Now, &self.before);
    }
}

fn read_line(keys: &mut impl Read) -> io::Result<Answer> {
    // Room for all there may be: growing would leave copies behind that nobody wipes.
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut key = Zeroizing::new([0]);
    loop {
        if keys.read(&mut *key)? == 0 {
            return Ok(Answer::Line(line));
        }
        match key[0] {
            b'\r' | b'\n' | END_OF_INPUT => return Ok(Answer::Line(line)),
            INTERRUPT => return Ok(Answer::Interrupt),
            ERASE_LINE => line.clear(),
            BACKSPACE | DELETE => erase(&mut line),
            _ if line.len() == LONGEST => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the line is too long for a secret",
                ));
            }
            octet => line.push(octet),
        }
    }
}

/// Takes back the last character, which in UTF-8 may have several octets.
fn erase(line: &mut Vec<u8>) {
    while let Some(octet) = line.pop() {
        let is_continuation = octet & 0b1100_0000 == 0b1000_0000;
        if !is_continuation {
            break;
        }
    }
}

const INTERRUPT: u8 = 0x03;
const END_OF_INPUT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const ERASE_LINE: u8 = 0x15;
const DELETE: u8 = 0x7f;
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn typed(keys: &str) -> Answer {
        read_line(&mut keys.as_bytes()).unwrap()
    }

    fn line(text: &str) -> Answer {
        Answer::Line(Zeroizing::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn keys_that_edit() {
        assert_eq!(typed("secret\n"), line("secret"));
        assert_eq!(typed("secreu\u{8}t\r"), line("secret"));
        assert_eq!(typed("gr\u{fc}\u{7f}\u{7f}o\n"), line("go"));
        assert_eq!(typed("wrong\u{15}right\n"), line("right"));
        assert_eq!(typed("\u{7f}a\u{4}"), line("a"));
        assert_eq!(typed("half\u{3}"), Answer::Interrupt);
        assert!(read_line(&mut vec![b'x'; 5000].as_slice()).is_err());
    }
}
