//! Sealing: what a store keeps says nothing to a reader of its file (rules E1, J4).

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use super::{
    Loaded, PartitionId, PartitionKey, Record, Store, StoreAnswer, StoreCommand, StoreFault, StoreFaultKind,
    Variant,
};

/// Wraps keys by a key that never leaves the platform, such as one of iOS's Secure Enclave or Keychain or of Android's
/// Keystore. Called on the store's thread, and it may block: a key is unwrapped once a run for each account whose answers
/// are used, and wrapped when the store first hears of an account.
///
/// All runtimes of a process that share a store need the same provider.
///
/// ```
/// use holdover_client::{KeyError, KeyProvider};
///
/// # enum KeystoreError { DeviceIsLocked, NoSuchKey }
/// # trait Keystore: Send + 'static {
/// #     fn encrypt(&self, alias: &str, plain: &[u8]) -> Result<Vec<u8>, KeystoreError>;
/// #     fn decrypt(&self, alias: &str, sealed: &[u8]) -> Result<Vec<u8>, KeystoreError>;
/// # }
/// /// A key in the platform's key store, under an alias. It never leaves it.
/// struct PlatformKey<K> {
///     keystore: K,
///     alias: &'static str,
/// }
///
/// impl<K: Keystore> KeyProvider for PlatformKey<K> {
///     fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
///         self.keystore.encrypt(self.alias, key).map_err(explain)
///     }
///
///     fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KeyError> {
///         self.keystore.decrypt(self.alias, wrapped).map_err(explain)
///     }
/// }
///
/// /// Only what can never work again is lost: then the cache is given up. The rest is tried again.
/// fn explain(error: KeystoreError) -> KeyError {
///     match error {
///         KeystoreError::NoSuchKey => KeyError::Lost("the key is gone".to_owned()),
///         KeystoreError::DeviceIsLocked => KeyError::Unavailable("the device is locked".to_owned()),
///     }
/// }
/// ```
pub trait KeyProvider: Send + 'static {
    /// Wraps 32 bytes, into at most 4,096.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unavailable`]; [`KeyError::Lost`] is taken for the same, since there is nothing to lose yet.
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, KeyError>;

    /// Gives back what was wrapped.
    ///
    /// # Errors
    ///
    /// See [`KeyError`]: the difference decides whether what is stored is kept.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// Why a key could not be wrapped or unwrapped. The texts are reported, so they hold nothing secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not now, such as while the device is locked: the runtime works in memory and tries again.
    #[error("the platform's key cannot be used now: {0}")]
    Unavailable(String),
    /// Never again, such as after a backup was restored on another device or the keychain was reset: what is stored is
    /// given up.
    #[error("the platform's key is lost: {0}")]
    Lost(String),
}

/// A partition's key as it is kept is this and the key, or the other and what the platform made of it.
const PLAIN: u8 = 0;
const WRAPPED: u8 = 1;
const NONCE: usize = 24;
const MAX_WRAPPED: usize = 4096;

/// A store whose keys are wrapped and whose payloads are sealed, if there is a provider. A partition that was written
/// with one and is opened without, or the reverse, is made anew: what is in the clear is overwritten, and what is sealed
/// could not be read.
pub(crate) struct Vault {
    store: Box<dyn Store>,
    provider: Option<Box<dyn KeyProvider>>,
    /// Of the partitions that were opened.
    ciphers: HashMap<PartitionId, XChaCha20Poly1305>,
}

impl Vault {
    pub(crate) fn new(store: Box<dyn Store>, provider: Option<Box<dyn KeyProvider>>) -> Self {
        Self { store, provider, ciphers: HashMap::new() }
    }

    fn open_partition(
        &mut self,
        partition: PartitionId,
        fresh_key: PartitionKey,
    ) -> Result<StoreAnswer, StoreFault> {
        let open = |fresh_key| StoreCommand::OpenPartition { partition, fresh_key };
        // The platform is asked to wrap a key only when one is needed.
        let (answer, fresh) = match self.store.execute(StoreCommand::FindPartition { partition })? {
            StoreAnswer::Done => {
                let fresh = self.lock_up(&fresh_key)?;
                (self.store.execute(open(fresh.clone()))?, Some(fresh))
            }
            found => (found, None),
        };
        let StoreAnswer::Partition { key: kept, sequence } = answer else { return Ok(answer) };
        let key = match fresh {
            Some(fresh) if fresh == kept => Some(fresh_key.clone()),
            // It was there, or another runtime that shares the store has made it meanwhile.
            _ => self.unlock(&kept)?,
        };
        if let Some(key) = key {
            self.know(partition, &key);
            return Ok(StoreAnswer::Partition { key, sequence });
        }
        let fresh = self.lock_up(&fresh_key)?;
        self.store.execute(StoreCommand::DropPartition { partition, erase: true })?;
        self.store.execute(open(fresh))?;
        self.know(partition, &fresh_key);
        Ok(StoreAnswer::PartitionLost { key: fresh_key })
    }

    /// A key as it is kept.
    fn lock_up(&self, key: &PartitionKey) -> Result<PartitionKey, StoreFault> {
        let Some(provider) = &self.provider else { return Ok(tagged(PLAIN, &key.0)) };
        let wrapped = provider.wrap(&key.0).map_err(|error| locked(&error.to_string()))?;
        if wrapped.is_empty() || wrapped.len() > MAX_WRAPPED {
            return Err(locked(
                "the provider wrapped a key into nothing or into more than 4,096 bytes; fix it",
            ));
        }
        Ok(tagged(WRAPPED, &wrapped))
    }

    /// A key that is kept; `None` if it is of no use any more.
    fn unlock(&self, kept: &PartitionKey) -> Result<Option<PartitionKey>, StoreFault> {
        let key = match (kept.0.split_first(), &self.provider) {
            (Some((&PLAIN, key)), None) => key.to_vec(),
            (Some((&WRAPPED, wrapped)), Some(provider)) => match provider.unwrap(wrapped) {
                Ok(key) => key,
                Err(KeyError::Lost(_)) => return Ok(None),
                Err(error @ KeyError::Unavailable(_)) => return Err(locked(&error.to_string())),
            },
            _ => return Ok(None),
        };
        Ok(Some(key).filter(|key| key.len() == 32).map(|key| PartitionKey(key.into())))
    }

    fn know(&mut self, partition: PartitionId, key: &PartitionKey) {
        if self.provider.is_some() {
            self.ciphers.insert(partition, XChaCha20Poly1305::new(&key.derive(b"seal").into()));
        }
    }

    fn seal(&self, record: Record) -> Result<Record, StoreFault> {
        let Some(cipher) = self.cipher(record.partition)? else { return Ok(record) };
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| broken(&format!("no random numbers: {error}")))?;
        let (msg, aad) = (&record.value[..], &label(&record)[..]);
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg, aad });
        let sealed = sealed.map_err(|_| broken("the payload is too large to be sealed"))?;
        Ok(Record { value: [&nonce[..], &sealed].concat().into(), ..record })
    }

    /// A record as it was saved. One that was tampered with loses its notes, by which the engine knows it for unreadable,
    /// and removes it.
    fn unseal(&self, mut loaded: Loaded) -> Result<Loaded, StoreFault> {
        let Some(cipher) = self.cipher(loaded.record.partition)? else { return Ok(loaded) };
        let opened = loaded.record.value.split_first_chunk::<NONCE>().and_then(|(nonce, msg)| {
            let aad = &label(&loaded.record)[..];
            cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
        });
        if opened.is_none() {
            loaded.record.meta = Bytes::new();
        }
        loaded.record.value = opened.unwrap_or_default().into();
        Ok(loaded)
    }

    /// By what a partition is sealed; `None` if nothing is sealed.
    fn cipher(&self, partition: PartitionId) -> Result<Option<&XChaCha20Poly1305>, StoreFault> {
        if self.provider.is_none() {
            return Ok(None);
        }
        let cipher = self.ciphers.get(&partition);
        cipher.map(Some).ok_or_else(|| broken("a partition was not opened before it was used: a bug"))
    }
}

impl Store for Vault {
    fn execute(&mut self, command: StoreCommand) -> Result<StoreAnswer, StoreFault> {
        match command {
            StoreCommand::OpenPartition { partition, fresh_key } => self.open_partition(partition, fresh_key),
            StoreCommand::Save { record, wall_ms } => {
                let record = self.seal(record)?;
                self.store.execute(StoreCommand::Save { record, wall_ms })
            }
            StoreCommand::Load { .. } => match self.store.execute(command)? {
                StoreAnswer::Found(found) => {
                    let found = found.into_iter().map(|loaded| self.unseal(loaded));
                    Ok(StoreAnswer::Found(found.collect::<Result<_, _>>()?))
                }
                answer => Ok(answer),
            },
            command => {
                if let StoreCommand::DropPartition { partition, .. } = &command {
                    self.ciphers.remove(partition);
                }
                self.store.execute(command)
            }
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("seals", &self.provider.is_some()).finish_non_exhaustive()
    }
}

fn tagged(tag: u8, key: &[u8]) -> PartitionKey {
    PartitionKey([&[tag], key].concat().into())
}

/// Everything of a record but its payload, so that payloads cannot be moved from one record to another, nor tags or notes
/// be changed.
fn label(record: &Record) -> Vec<u8> {
    let Record { partition, key, variant, value: _, meta, tags, expires_ms } = record;
    let mut label = b"holdover record 1".to_vec();
    label.extend_from_slice(&partition.0);
    label.extend_from_slice(&key.0);
    match variant {
        Variant::Full => label.push(0),
        Variant::Reduced(plan) => {
            label.push(1);
            label.extend_from_slice(&plan.0);
        }
    }
    label.extend_from_slice(&expires_ms.to_be_bytes());
    label.extend_from_slice(&(meta.len() as u64).to_be_bytes());
    label.extend_from_slice(meta);
    tags.iter().for_each(|tag| label.extend_from_slice(&tag.0));
    label
}

fn locked(why: &str) -> StoreFault {
    let message = format!("{why}; the runtime works in memory and tries again");
    StoreFault { kind: StoreFaultKind::Locked, message }
}

fn broken(why: &str) -> StoreFault {
    StoreFault { kind: StoreFaultKind::Io, message: why.to_owned() }
}

#[cfg(test)]
mod tests;
