//! Who is logged in. A session ends when nobody used it for a while (**idle**): asked for a page or
//! changed something, which a page that stays open does not do by itself. It ends at the end of its
//! life whatever is done (**absolute**), at a log-out, and when the person's **generation** is
//! another one: it counts the changes of password and role.
//!
//! Sessions live in memory alone, so that a stolen disk has none, and a restart of inspectd logs
//! everybody out. There are at most [`MOST`] of them, and [`MOST_A_PERSON`] a person: one more ends
//! the one that was not used for longest.

use std::collections::HashMap;
use std::time::Duration;

use super::secret::{Digested, Secret, digest};

/// Most sessions at once.
pub const MOST: usize = 256;

/// Most sessions of one person at once: tablets, telephones and a desk.
pub const MOST_A_PERSON: usize = 8;

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lives {
    /// Without a page that was asked for, or a change.
    pub idle: Duration,
    /// At most.
    pub absolute: Duration,
}

/// One log-in.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who.
    pub person: String,
    /// The person's generation when they logged in.
    pub generation: u64,
    /// What a form must bring along to change something.
    pub csrf: Secret,
    /// What became of the change that was made last, to be shown by the next page.
    told: Option<String>,
    begun: Duration,
    used: Duration,
}

/// The sessions.
#[derive(Debug)]
pub struct Sessions {
    lives: Lives,
    open: HashMap<Digested, Session>,
}

impl Sessions {
    /// None yet.
    pub fn new(lives: Lives) -> Self {
        Self { lives, open: HashMap::new() }
    }

    /// Begins a session of `person` and keeps only what is needed to know its `token` again.
    pub fn begin(
        &mut self,
        token: &Secret,
        csrf: Secret,
        person: &str,
        generation: u64,
        now: Duration,
    ) {
        self.forget_ended(now);
        while self.of(person).count() >= MOST_A_PERSON {
            self.end_longest_idle(|session| session.person == person);
        }
        while self.open.len() >= MOST {
            self.end_longest_idle(|_| true);
        }
        let person = person.to_owned();
        let session = Session { person, generation, csrf, told: None, begun: now, used: now };
        self.open.insert(digest(token.reveal()), session);
    }

    /// The session of `token`, if it lasts; it is used now.
    pub fn used(&mut self, token: &str, now: Duration) -> Option<Session> {
        let key = digest(token);
        let session = self.open.get_mut(&key)?;
        if !session.lasts(self.lives, now) {
            self.open.remove(&key);
            return None;
        }
        session.used = session.used.max(now);
        Some(session.clone())
    }

    /// The session of `token`, if it lasts. Unlike [`Sessions::used`] this does not prolong it: an open
    /// page that only listens and asks is not a person at work.
    pub fn seen(&self, token: &str, now: Duration) -> Option<Session> {
        self.open.get(&digest(token)).filter(|session| session.lasts(self.lives, now)).cloned()
    }

    /// Whether the session of `token` lasts; likewise.
    pub fn lasts(&self, token: &str, now: Duration) -> bool {
        self.seen(token, now).is_some()
    }

    /// Has the next page of this session show what became of a change.
    pub fn tell(&mut self, token: &str, text: String) {
        if let Some(session) = self.open.get_mut(&digest(token)) {
            session.told = Some(text);
        }
    }

    /// What is to be shown; it is shown once.
    pub fn told(&mut self, token: &str) -> Option<String> {
        self.open.get_mut(&digest(token))?.told.take()
    }

    /// Ends the session of `token`; says whose it was.
    pub fn end(&mut self, token: &str) -> Option<String> {
        self.open.remove(&digest(token)).map(|session| session.person)
    }

    /// Ends every session of `person`, whatever the case in which the name is written.
    pub fn revoke(&mut self, person: &str) {
        let person = person.to_lowercase();
        self.open.retain(|_, session| session.person.to_lowercase() != person);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether nobody is logged in.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    fn of(&self, person: &str) -> impl Iterator<Item = &Session> {
        self.open.values().filter(move |session| session.person == person)
    }

    fn forget_ended(&mut self, now: Duration) {
        let lives = self.lives;
        self.open.retain(|_, session| session.lasts(lives, now));
    }

    fn end_longest_idle(&mut self, among: impl Fn(&Session) -> bool) {
        let idle = self.open.iter().filter(|(_, session)| among(session));
        if let Some(key) = idle.min_by_key(|(_, session)| session.used).map(|(key, _)| *key) {
            self.open.remove(&key);
        }
    }
}

impl Session {
    fn lasts(&self, lives: Lives, now: Duration) -> bool {
        now.saturating_sub(self.used) < lives.idle
            && now.saturating_sub(self.begun) < lives.absolute
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIVES: Lives =
        Lives { idle: Duration::from_secs(100), absolute: Duration::from_secs(1000) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn begin(sessions: &mut Sessions, person: &str, now: u64) -> Secret {
        let token = Secret::new().unwrap();
        sessions.begin(&token, Secret::new().unwrap(), person, 1, at(now));
        token
    }

    #[test]
    fn a_session_ends_idle_and_at_the_end_of_its_life() {
        let mut sessions = Sessions::new(LIVES);
        let token = begin(&mut sessions, "anna", 0);
        for now in (0..1000).step_by(99) {
            assert!(sessions.used(token.reveal(), at(now)).is_some(), "{now}");
        }
        assert!(sessions.used(token.reveal(), at(1000)).is_none(), "its life is over");
        let token = begin(&mut sessions, "anna", 2000);
        assert!(sessions.lasts(token.reveal(), at(2099)));
        assert!(sessions.seen(token.reveal(), at(2099)).is_some());
        assert!(!sessions.lasts(token.reveal(), at(2100)), "listening does not prolong it");
        assert!(sessions.seen(token.reveal(), at(2100)).is_none());
        assert!(sessions.used(token.reveal(), at(2100)).is_none());
    }

    #[test]
    fn what_is_told_is_told_once_and_to_nobody_else() {
        let mut sessions = Sessions::new(LIVES);
        let (anna, bert) = (begin(&mut sessions, "anna", 0), begin(&mut sessions, "bert", 0));
        sessions.tell(anna.reveal(), "it is done".to_owned());
        assert_eq!(sessions.told(bert.reveal()), None);
        assert_eq!(sessions.told(anna.reveal()).as_deref(), Some("it is done"));
        assert_eq!(sessions.told(anna.reveal()), None);
    }

    #[test]
    fn one_more_than_a_person_may_have_ends_the_longest_idle() {
        let mut sessions = Sessions::new(LIVES);
        let other = begin(&mut sessions, "bert", 0);
        let tokens: Vec<_> =
            (0..=MOST_A_PERSON as u64).map(|now| begin(&mut sessions, "anna", now)).collect();
        let lasts = |token: &Secret| sessions.lasts(token.reveal(), at(10));
        assert!(!lasts(&tokens[0]) && tokens[1..].iter().all(lasts) && lasts(&other));
    }

    #[test]
    fn a_change_of_password_ends_the_sessions_from_before() {
        let mut sessions = Sessions::new(LIVES);
        let (anna, bert) = (begin(&mut sessions, "anna", 0), begin(&mut sessions, "bert", 0));
        sessions.revoke("ANNA");
        let new = Secret::new().unwrap();
        sessions.begin(&new, Secret::new().unwrap(), "anna", 2, at(1));
        let lasts = |token: &Secret| sessions.lasts(token.reveal(), at(1));
        assert!(!lasts(&anna) && lasts(&bert) && lasts(&new));
        sessions.revoke("anna");
        assert!(!sessions.lasts(new.reveal(), at(1)));
    }

    #[derive(Debug, Clone)]
    enum Event {
        Begin(u8),
        Use(usize),
        End(usize),
        Revoke(u8),
        Wait(u64),
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            4 => (0..40_u8).prop_map(Event::Begin),
            4 => any::<usize>().prop_map(Event::Use),
            1 => any::<usize>().prop_map(Event::End),
            1 => (0..40_u8).prop_map(Event::Revoke),
            2 => (0..80_u64).prop_map(Event::Wait),
        ];
        proptest::collection::vec(event, 1..600)
    }

    proptest! {
        /// Whatever happens: nobody is logged in who was logged out, who waited too long or whose
        /// life is over, and the numbers stay bounded.
        #[test]
        fn no_session_outlives_its_end(events in events()) {
            let mut sessions = Sessions::new(LIVES);
            // Token, person, begun, used, ended.
            let mut model: Vec<(Secret, u8, u64, u64, bool)> = Vec::new();
            let mut now = 0;
            for event in events {
                match event {
                    Event::Begin(who) => {
                        model.push((begin(&mut sessions, &who.to_string(), now), who, now, now, false));
                    }
                    Event::Use(which) if !model.is_empty() => {
                        let at_all = which % model.len();
                        let known = &mut model[at_all];
                        let found = sessions.used(known.0.reveal(), at(now));
                        let over = known.4 || now - known.3 >= 100 || now - known.2 >= 1000;
                        prop_assert!(!(over && found.is_some()), "it had ended");
                        if let Some(session) = found {
                            prop_assert_eq!(session.person, known.1.to_string());
                            known.3 = now;
                        } else {
                            known.4 = true;
                        }
                    }
                    Event::End(which) if !model.is_empty() => {
                        let at_all = which % model.len();
                        sessions.end(model[at_all].0.reveal());
                        model[at_all].4 = true;
                    }
                    Event::Revoke(who) => {
                        sessions.revoke(&who.to_string());
                        model.iter_mut().filter(|known| known.1 == who).for_each(|known| known.4 = true);
                    }
                    Event::Wait(seconds) => now += seconds,
                    Event::Use(_) | Event::End(_) => {}
                }
                prop_assert!(sessions.len() <= MOST);
                for who in 0..40_u8 {
                    prop_assert!(sessions.of(&who.to_string()).count() <= MOST_A_PERSON);
                }
            }
        }
    }
}
