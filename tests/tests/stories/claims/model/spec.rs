//! The specification: it sees messages, answers and the server's clock, and nothing that the server keeps.

use super::{Answer, LEASE, Message, RUNS, Run};

/// The promises of the answers so far to each run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Promise {
    Nothing,
    Holds(u8),
    Ended { stored: bool },
    Replaced,
}

/// The state of the phase as the answers so far describe it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Spec {
    promises: [Promise; RUNS],
    holder: Option<Run>,
    lease_end: i8,
    last_number: u8,
    document: Option<Option<Run>>,
}

impl Spec {
    pub(super) const START: Self = Self {
        promises: [Promise::Nothing; RUNS],
        holder: None,
        lease_end: 0,
        last_number: 0,
        document: None,
    };

    fn replace(&mut self) {
        if let Some(holder) = self.holder.take() {
            self.promises[holder as usize] = Promise::Replaced;
        }
    }

    /// Checks an answer, and takes over what it promises.
    pub(super) fn check(&mut self, message: Message, answer: Answer, now: i8) -> Result<(), &'static str> {
        let is_claimed = self.holder.is_some() && now < self.lease_end;
        let expect = |expected: bool, rule| if expected { Ok(()) } else { Err(rule) };
        match message {
            Message::Claim(run) => match (self.promises[run as usize], answer) {
                (Promise::Holds(number), answer) => {
                    expect(answer == Answer::Holds(number), "a repeat is answered as the first time")
                }
                (Promise::Nothing, Answer::Holds(number)) => {
                    let may = !is_claimed || self.holder.is_some_and(|holder| run.takes_over(holder));
                    expect(may, "at most one run holds a phase")?;
                    expect(number > self.last_number, "numbers of attempts rise")?;
                    self.replace();
                    self.promises[run as usize] = Promise::Holds(number);
                    (self.holder, self.lease_end, self.last_number) = (Some(run), now + LEASE, number);
                    Ok(())
                }
                (Promise::Nothing, Answer::Claimed) => {
                    let may_not = is_claimed && !self.holder.is_some_and(|holder| run.takes_over(holder));
                    expect(may_not, "a free phase is given")
                }
                (_, answer) => expect(answer == Answer::Lost, "an ended claim stays ended"),
            },
            Message::Renew(run) => {
                let holds = self.holder == Some(run);
                if holds {
                    self.lease_end = now + LEASE;
                }
                expect((answer == Answer::Done) == holds, "only the holder renews")
            }
            Message::Release(run) => {
                let promise = self.promises[run as usize];
                if self.holder == Some(run) {
                    self.holder = None;
                    self.promises[run as usize] = Promise::Ended { stored: false };
                }
                let is_own = matches!(promise, Promise::Holds(_) | Promise::Ended { .. });
                expect((answer == Answer::Done) == is_own, "a release can be repeated")
            }
            Message::Store(run) if self.holder == Some(run) => {
                self.holder = None;
                self.promises[run as usize] = Promise::Ended { stored: true };
                self.document = Some(Some(run));
                expect(answer == Answer::Done, "a holder whom nobody replaced stores")
            }
            Message::Store(run) => {
                let is_repeat = self.promises[run as usize] == Promise::Ended { stored: true }
                    && self.document == Some(Some(run));
                expect((answer == Answer::Done) == is_repeat, "a run that lost its claim stores nothing")
            }
            Message::PlainStore if is_claimed => {
                expect(answer == Answer::Claimed, "a claim keeps others off")
            }
            Message::PlainStore => {
                self.replace();
                self.document = Some(None);
                expect(answer == Answer::Done, "without a living claim everybody stores")
            }
            Message::Purge => {
                self.replace();
                self.document = None;
                Ok(())
            }
            Message::Close => {
                self.document = None;
                Ok(())
            }
            Message::Tick => Ok(()),
        }
    }
}
