//! The rule of claims as a pure model: a server, and all that a network does with the messages of three runs and an admin.
//!
//! A message is delivered at any time, once, twice or never. So a delay is a late delivery, a crash is a missing one, and a
//! repeat after a lost answer is a second one. Clocks of runners differ from the server's. [`explore`] takes every order up to
//! a depth, and [`spec`] checks each answer against what the answers before it promised.

mod explore;
mod spec;

pub(super) use explore::explore;

/// The lease of a claim, in ticks of the server's clock.
const LEASE: i8 = 2;
const RUNS: usize = 4;

/// A caller with a claim id of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Run {
    /// The first attempt of a run. The clock of its runner is slow.
    First,
    /// The second attempt of the same run.
    Rerun,
    /// Another run.
    Other,
    /// An admin, whose claim is forced.
    Admin,
}

impl Run {
    pub(super) const ALL: [Self; RUNS] = [Self::First, Self::Rerun, Self::Other, Self::Admin];

    /// The difference between the runner's clock and the server's.
    fn skew(self) -> i8 {
        if self == Self::First { -LEASE } else { 0 }
    }

    fn takes_over(self, holder: Self) -> bool {
        self == Self::Admin || (self == Self::Rerun && holder == Self::First)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Message {
    Claim(Run),
    Renew(Run),
    Release(Run),
    /// A store with the run's claim.
    Store(Run),
    /// A store without a claim.
    PlainStore,
    /// A clean-up that keeps nothing.
    Purge,
    /// A clean-up that hides the document.
    Close,
    /// A part of a lease passes.
    Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    /// The attempt of this number runs.
    Holds(u8),
    /// Another claim lives.
    Claimed,
    /// The claim is none, or no longer one.
    Lost,
    Done,
}

/// The rules, each of which a mistake leaves out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// A store is compared with the current claim.
    pub(super) fence: bool,
    /// The server's clock decides when a lease is over.
    pub(super) server_clock: bool,
    /// The caller makes the id of a claim, so that a repeat is known.
    pub(super) callers_id: bool,
    pub(super) idempotent_release: bool,
    pub(super) close_keeps: bool,
}

impl Rules {
    pub(super) const ALL: Self = Self {
        fence: true,
        server_clock: true,
        callers_id: true,
        idempotent_release: true,
        close_keeps: true,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum End {
    Running,
    /// By its holder, with or without a document.
    Itself {
        stored: bool,
    },
    /// By another one.
    Replaced,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Attempt {
    run: Run,
    lease_end: i8,
    end: End,
}

/// The state of one phase on the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Server {
    now: i8,
    attempts: Vec<Attempt>,
    /// The writer of the visible document; `Some(None)` is one without a claim.
    document: Option<Option<Run>>,
}

impl Server {
    fn current(&mut self) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.end == End::Running)
    }

    fn replace(&mut self) {
        if let Some(current) = self.current() {
            current.end = End::Replaced;
        }
    }

    fn is_claimed(&mut self) -> bool {
        let now = self.now;
        self.current().is_some_and(|current| now < current.lease_end)
    }

    fn deliver(&mut self, message: Message, rules: Rules) -> Answer {
        let now = self.now;
        let own = |server: &Self, run| server.attempts.iter().rposition(|attempt| attempt.run == run);
        match message {
            Message::Claim(run) => self.claim(run, rules),
            Message::Renew(run) => match own(self, run) {
                Some(index) if self.attempts[index].end == End::Running => {
                    self.attempts[index].lease_end = now + LEASE;
                    Answer::Done
                }
                _ => Answer::Lost,
            },
            Message::Release(run) => match own(self, run).map(|index| &mut self.attempts[index].end) {
                Some(end) if *end == End::Running => {
                    *end = End::Itself { stored: false };
                    Answer::Done
                }
                Some(End::Itself { .. }) if rules.idempotent_release => Answer::Done,
                _ => Answer::Lost,
            },
            Message::Store(run) => {
                let Some(index) = own(self, run) else { return Answer::Lost };
                let attempt = &mut self.attempts[index];
                let is_repeat = attempt.end == End::Itself { stored: true };
                if attempt.end == End::Running || !rules.fence {
                    attempt.end = End::Itself { stored: true };
                    self.document = Some(Some(run));
                } else if !is_repeat || self.document != Some(Some(run)) {
                    return Answer::Lost;
                }
                Answer::Done
            }
            Message::PlainStore if self.is_claimed() => Answer::Claimed,
            Message::PlainStore => {
                self.replace();
                self.document = Some(None);
                Answer::Done
            }
            Message::Purge => {
                self.replace();
                self.document = None;
                Answer::Done
            }
            Message::Close => {
                if !rules.close_keeps {
                    self.replace();
                }
                self.document = None;
                Answer::Done
            }
            Message::Tick => {
                self.now += 1;
                Answer::Done
            }
        }
    }

    fn claim(&mut self, run: Run, rules: Rules) -> Answer {
        let known = self.attempts.iter().rposition(|attempt| attempt.run == run);
        if let Some(index) = known.filter(|_| rules.callers_id) {
            let is_running = self.attempts[index].end == End::Running;
            return if is_running { Answer::Holds(number(index)) } else { Answer::Lost };
        }
        let holder = self.current().map(|current| current.run);
        if self.is_claimed() && !holder.is_some_and(|holder| run.takes_over(holder)) {
            return Answer::Claimed;
        }
        self.replace();
        let clock = if rules.server_clock { self.now } else { self.now + run.skew() };
        self.attempts.push(Attempt { run, lease_end: clock + LEASE, end: End::Running });
        Answer::Holds(number(self.attempts.len() - 1))
    }
}

fn number(index: usize) -> u8 {
    u8::try_from(index + 1).expect("few attempts")
}
