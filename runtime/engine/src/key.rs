//! Keys: which calls have the same answer (rule E1).

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use holdover_wire::{KeyOutcome, Limits, Tag};
use sha2::{Digest as _, Sha256};

use crate::fault::{Fault, planted};
use crate::metadata::Metadata;
use crate::method::Cache;
use crate::session::{Account, Session};
use crate::store::{KeyHash, PartitionId, PartitionKey, TagHash};

const VERSION: u8 = 1;

/// The plain bytes of a key. They hold request values and account ids, and never leave memory.
pub(crate) type Key = Arc<[u8]>;

/// Whose entries they are: a partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// Nobody's: DEVICE scope.
    Device,
    /// One account's.
    Account(Account),
}

impl Owner {
    pub(crate) fn of(cache: &Cache, account: &Account) -> Self {
        if cache.device { Self::Device } else { Self::Account(account.clone()) }
    }

    /// What the partition is called in the store.
    pub(crate) fn partition(&self) -> PartitionId {
        let mut name = b"holdover partition 1".to_vec();
        self.put(&mut name);
        PartitionId(Sha256::digest(&name).into())
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Device => out.push(0),
            Self::Account(account) => put_account(out, account),
        }
    }
}

/// Appends length-prefixed bytes.
pub(crate) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Writes the key of a request into `out`, which is emptied first.
///
/// Version, endpoint, method, account, schema epoch, request fields, metadata: everything is length-prefixed or of fixed
/// length, so no two different calls have the same bytes. A request that cannot be keyed must bypass the cache.
pub(crate) fn write(
    out: &mut Vec<u8>,
    session: &Session,
    path: &str,
    cache: &Cache,
    request: &[u8],
    call_metadata: &Metadata,
    limits: &Limits,
) -> KeyOutcome {
    out.clear();
    out.push(VERSION);
    put(out, session.endpoint.0.as_bytes());
    put(out, path.as_bytes());
    if cache.device {
        Owner::Device.put(out);
    } else if !planted(Fault::AccountIsNotInTheKey) {
        put_account(out, &session.account);
    }
    put(out, &cache.epoch);
    let length_at = out.len();
    out.extend_from_slice(&[0; 8]);
    let start = out.len();
    match cache.keyer.key(request, limits, out) {
        Ok(KeyOutcome::Keyed) => {}
        // What cannot be read cannot be told apart from other requests.
        Ok(KeyOutcome::UnknownFields) | Err(_) => return KeyOutcome::UnknownFields,
    }
    let length = (out.len() - start) as u64;
    out[length_at..start].copy_from_slice(&length.to_be_bytes());
    for name in &cache.key_metadata {
        put_metadata(out, name, &session.metadata, call_metadata);
    }
    for name in session.varies.iter().filter(|name| !cache.key_metadata.contains(name)) {
        put_metadata(out, name, &session.metadata, call_metadata);
    }
    KeyOutcome::Keyed
}

fn put_account(out: &mut Vec<u8>, account: &Account) {
    match account {
        Account::Guest => out.push(1),
        Account::User(id) => {
            out.push(2);
            put(out, id.as_bytes());
        }
    }
}

/// All values of a name, as they will be sent: the call's own, or else the ambient ones.
fn put_metadata(out: &mut Vec<u8>, name: &str, ambient: &Metadata, call: &Metadata) {
    put(out, name.as_bytes());
    let sent = if call.get(name).is_some() { call } else { ambient };
    let values = || sent.iter().filter(|(n, _)| *n == name).map(|(_, value)| value);
    out.extend_from_slice(&(values().count() as u64).to_be_bytes());
    for value in values() {
        put(out, value);
    }
}

/// A key as the store knows it.
pub(crate) fn hash_key(partition: &PartitionKey, key: &[u8]) -> KeyHash {
    KeyHash(hmac(partition, b"k", key))
}

/// A tag as the store and the ledger know it.
pub(crate) fn hash_tag(partition: &PartitionKey, tag: &Tag) -> TagHash {
    TagHash(hmac(partition, b"t", tag.as_bytes()))
}

impl PartitionKey {
    /// A key for another purpose, from which neither this one nor others can be told.
    #[must_use]
    pub fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        hmac(self, b"d", purpose)
    }
}

fn hmac(key: &PartitionKey, what: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of any length");
    mac.update(what);
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::method::{self, Method};
    use crate::session::Endpoint;

    fn methods() -> Vec<Method> {
        let policy = include_bytes!("../../../tests/vectors/api.policy");
        method::read(&Bytes::from_static(policy), 0, false).unwrap()
    }

    fn session(account: Account, endpoint: &str) -> Session {
        let endpoint = Endpoint::new(endpoint);
        Session { account, endpoint, metadata: Metadata::new(), varies: Vec::new() }
    }

    fn with(name: &str, value: &'static str) -> Metadata {
        let mut metadata = Metadata::new();
        metadata.push(name, value).unwrap();
        metadata
    }

    fn key_of(method: &str, session: &Session, request: &[u8], call: &Metadata) -> Option<Vec<u8>> {
        let methods = methods();
        let method = methods.iter().find(|m| m.path.ends_with(&format!("/{method}"))).unwrap();
        let cache = method.cache.as_ref().unwrap();
        let mut out = b"left over".to_vec();
        match write(&mut out, session, &method.path, cache, request, call, &Limits::DEFAULT) {
            KeyOutcome::Keyed => Some(out),
            KeyOutcome::UnknownFields => None,
        }
    }

    #[test]
    fn everything_that_changes_the_answer_changes_the_key() {
        let alice = session(Account::user("alice"), "prod");
        let none = Metadata::new();
        let mut keys = vec![
            key_of("Quote", &alice, b"\x0a\x02r1", &none),
            key_of("Quote", &alice, b"\x0a\x02r2", &none),
            key_of("Quote", &alice, b"", &none),
            key_of("Fare", &alice, b"\x0a\x02r1", &none),
            key_of("Quote", &session(Account::user("bob"), "prod"), b"\x0a\x02r1", &none),
            key_of("Quote", &session(Account::Guest, "prod"), b"\x0a\x02r1", &none),
            key_of("Quote", &session(Account::user("alice"), "staging"), b"\x0a\x02r1", &none),
            key_of("Search", &alice, b"", &none),
            key_of("Search", &alice, b"", &with("accept-language", "de")),
            key_of("Search", &alice, b"", &with("accept-language", "")),
        ];
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn device_entries_have_no_account_in_their_key() {
        let alice = key_of("Map", &session(Account::user("alice"), "prod"), b"", &Metadata::new());
        let guest = key_of("Map", &session(Account::Guest, "prod"), b"", &Metadata::new());
        assert_eq!(alice, guest);
    }

    #[test]
    fn the_value_that_is_sent_is_the_one_that_is_keyed() {
        let mut ambient = session(Account::Guest, "prod");
        ambient.metadata = with("locale", "nl");
        let plain = key_of("Quote", &ambient, b"", &Metadata::new());
        assert_eq!(plain, key_of("Quote", &session(Account::Guest, "prod"), b"", &Metadata::new()));
        ambient.varies = vec!["locale".into()];
        let dutch = key_of("Quote", &ambient, b"", &Metadata::new());
        assert_ne!(dutch, plain);
        assert_eq!(dutch, key_of("Quote", &ambient, b"", &with("locale", "nl")));
        assert_ne!(dutch, key_of("Quote", &ambient, b"", &with("locale", "de")));
        assert_eq!(dutch, key_of("Quote", &ambient, b"", &with("x-other", "1")));
    }

    #[test]
    fn requests_that_are_not_understood_have_no_key() {
        let guest = session(Account::Guest, "prod");
        assert_eq!(key_of("Quote", &guest, b"\x78\x01", &Metadata::new()), None);
        assert_eq!(key_of("Quote", &guest, b"\xff", &Metadata::new()), None);
    }

    #[test]
    fn hashes_depend_on_the_partition_and_on_what_they_name() {
        let (one, two) = (PartitionKey::from([1; 32]), PartitionKey::from([2; 32]));
        assert_ne!(hash_key(&one, b"key"), hash_key(&two, b"key"));
        let tag = Tag::from_parts(&[holdover_wire::TagPart::Literal("x")]);
        assert_ne!(hash_tag(&one, &tag).0, hash_key(&one, tag.as_bytes()).0);
        let partitions = [Owner::Device, Owner::Account(Account::Guest), Owner::Account(Account::user(""))];
        assert_ne!(partitions[0].partition(), partitions[1].partition());
        assert_ne!(partitions[1].partition(), partitions[2].partition());
    }
}
