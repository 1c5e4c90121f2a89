//! Argon2id hashes, made in memory that is kept and used again.
//!
//! Each needs 19 MiB for a moment. Taken from the allocator, by one thread and then another, that
//! leaves the process with many times as much. So what was taken stays here: as much as was ever needed
//! at a time, of which whoever calls is the judge.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::PasswordCost;

/// Bytes of a hash, unless a stored one says otherwise.
const LENGTH: usize = Params::DEFAULT_OUTPUT_LEN;

/// Makes hashes and compares with them.
pub(super) struct Hashes {
    params: Params,
    /// What no hash is made in at the moment.
    spare: Mutex<Vec<Vec<Block>>>,
    /// What to compare with when there is no such user: whether there is one must not show in the
    /// time.
    nobodys: String,
}

impl Hashes {
    pub(super) fn new(cost: PasswordCost) -> Self {
        let params = match cost {
            // 19 MiB, twice over them: what OWASP recommends.
            PasswordCost::Standard => Params::default(),
            PasswordCost::Low => Params::new(Params::MIN_M_COST, 1, 1, None).unwrap_or_default(),
        };
        Self {
            nobodys: nobodys(&params),
            params,
            spare: Mutex::default(),
        }
    }

    /// The hash to be stored, salt and parameters included. `None` if the system does not give what it
    /// takes.
    pub(super) fn make(&self, password: &str) -> Option<String> {
        let mut salt = [0; Salt::RECOMMENDED_LENGTH];
        getrandom::fill(&mut salt).ok()?;
        let argon2 = Argon2::from(&self.params);
        let hash = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(&self.params).ok()?,
            salt: Some(Salt::new(&salt).ok()?),
            hash: Some(self.run(&argon2, password, &salt, LENGTH)?),
        };
        Some(hash.to_string())
    }

    /// Whether a password is the one whose hash was stored, by the parameters that are stored with it.
    /// Without a hash it never is, and that takes as long. `None` if what was stored is not a hash.
    pub(super) fn fits(&self, password: &str, stored: Option<&str>) -> Option<bool> {
        let against = PasswordHash::new(stored.unwrap_or(&self.nobodys)).ok()?;
        let argon2 = Argon2::new(
            against.algorithm.as_str().parse().ok()?,
            Version::try_from(against.version?).ok()?,
            Params::try_from(&against).ok()?,
        );
        let (salt, hash) = (against.salt?, against.hash?);
        let made = self.run(&argon2, password, &salt, hash.len())?;
        // In constant time.
        Some(made == hash && stored.is_some())
    }

    fn run(
        &self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        length: usize,
    ) -> Option<Output> {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut memory = spare().pop().unwrap_or_default();
        let blocks = argon2.params().block_count();
        memory.resize(blocks.max(memory.len()), Block::new());
        let mut hash = vec![0; length];
        let made = argon2.hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            &mut hash,
            &mut memory[..blocks],
        );
        spare().push(memory);
        made.ok()?;
        Output::new(&hash).ok()
    }
}

impl fmt::Debug for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashes").finish_non_exhaustive()
    }
}

/// Something of the form of a hash that costs as much to compare with. What it is the hash of, if
/// of anything, does not matter: the answer is not looked at.
fn nobodys(params: &Params) -> String {
    let (memory, times, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={memory},t={times},p={lanes}${salt}${hash}")
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    fn hashes() -> Hashes {
        Hashes::new(PasswordCost::Low)
    }

    /// A hash as it is stored, up to its salt.
    fn cost_of(hash: &str) -> &str {
        hash.rsplitn(3, '$').last().unwrap()
    }

    #[test]
    fn only_the_right_password_fits() {
        let hashes = hashes();
        let stored = hashes.make("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert_ne!(hashes.make("correct horse").unwrap(), stored);
        let fits = |password| hashes.fits(password, Some(&stored));
        assert_eq!(fits("correct horse"), Some(true));
        assert_eq!(fits("correct hors"), Some(false));
        assert_eq!(fits(""), Some(false));
        assert_eq!(hashes.fits("x", Some("not a hash")), None);
    }

    #[test]
    fn without_a_user_no_password_fits() {
        let hashes = hashes();
        let stored = hashes.make("correct horse").unwrap();
        assert_eq!(cost_of(&hashes.nobodys), cost_of(&stored));
        for password in ["", "x", "correct horse"] {
            assert_eq!(hashes.fits(password, None), Some(false));
        }
    }

    #[test]
    fn others_make_the_same_hashes_and_of_any_cost() {
        let hashes = hashes();
        let stored = hashes.make("correct horse").unwrap();
        let theirs = Argon2::default();
        assert!(
            theirs
                .verify_password(b"correct horse", stored.as_str())
                .is_ok()
        );
        let costly = Params::new(64, 2, 2, Some(24)).unwrap();
        let costly: PasswordHash = Argon2::from(costly).hash_password(b"correct").unwrap();
        let costly = costly.to_string();
        assert_eq!(hashes.fits("correct", Some(&costly)), Some(true));
        assert_eq!(hashes.fits("wrong", Some(&costly)), Some(false));
        assert_eq!(hashes.fits("correct horse", Some(&stored)), Some(true));
    }

    #[test]
    fn the_memory_is_used_again() {
        let hashes = hashes();
        let stored = hashes.make("x").unwrap();
        for _ in 0..3 {
            assert_eq!(hashes.fits("x", Some(&stored)), Some(true));
        }
        let spare = hashes.spare.lock().unwrap();
        assert_eq!(spare.len(), 1);
        assert_eq!(spare[0].len(), hashes.params.block_count());
    }

    #[test]
    fn the_standard_cost_is_what_owasp_recommends() {
        let standard = Hashes::new(PasswordCost::Standard);
        assert!(standard.params.m_cost() >= 19 * 1024 && standard.params.t_cost() >= 2);
    }
}
