//! One runtime serves an app: its endpoints, its cache, its sessions.

mod builder;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use holdover_engine::Input;

use crate::driver::Driver;
use crate::policy::Policy;
use crate::{
    Account, AppState, Completion, CredentialsProvider, Endpoint, Error, Estimate, Platform, Quality,
    Session, Stats, Switch,
};

pub use builder::RuntimeBuilder;

/// Holds what sessions share. Cheap to clone; the end of the last clone, session and client is the runtime's.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    driver: Arc<Driver>,
    varies: Vec<String>,
    /// By address and length: policies are embedded in the program.
    policies: Mutex<HashMap<(usize, usize), Arc<Policy>>>,
    platform: Mutex<Host>,
}

/// What the host says of network and user.
#[derive(Default)]
struct Host {
    platform: Platform,
    /// The app's own wish, beside the platform's.
    save_data: bool,
}

impl Runtime {
    /// Configures a runtime.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::new()
    }

    fn new(driver: Arc<Driver>, varies: Vec<String>) -> Self {
        Self(Arc::new(Inner { driver, varies, policies: Mutex::default(), platform: Mutex::default() }))
    }

    /// A session of an account at the default endpoint, the one that was declared first. Of an account whose id is empty
    /// no client can be made.
    pub fn session(&self, account: Account, credentials: impl CredentialsProvider) -> Session {
        self.open(self.0.driver.endpoints()[0].clone(), account, credentials)
    }

    /// A session of an account at an endpoint by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) when there is no endpoint of this name, or the account's id is
    /// empty.
    pub fn session_at(
        &self,
        endpoint: &str,
        account: Account,
        credentials: impl CredentialsProvider,
    ) -> Result<Session, Error> {
        let endpoints = self.0.driver.endpoints();
        let found = endpoints.iter().find(|other| other.name() == endpoint).ok_or_else(|| {
            let names: Vec<&str> = endpoints.iter().map(Endpoint::name).collect();
            Error::misuse(format!("no endpoint {endpoint:?}; there are: {}", names.join(", ")))
        })?;
        account.check()?;
        Ok(self.open(found.clone(), account, credentials))
    }

    fn open(&self, endpoint: Endpoint, account: Account, credentials: impl CredentialsProvider) -> Session {
        Session::new(self.clone(), endpoint, account, Arc::new(credentials), self.0.varies.clone())
    }

    /// Destroys what is stored of an account that has no session, and overwrites it in the file (rule A6).
    pub fn erase(&self, account: Account) -> Completion {
        Completion::of(self.0.driver.start(|op| Input::Erase { op, account }))
    }

    /// How good the network is, as far as is known. See [`RuntimeBuilder::on_quality_change`] for changes.
    pub fn quality(&self) -> Quality {
        self.0.driver.quality()
    }

    /// Says how good the network is, whatever is measured and whatever the platform says (rule H5);
    /// [`Quality::Unspecified`] takes that back. On poor networks, answers are trimmed as their policies say.
    ///
    /// A pin is the last word (reading 7): [`Quality::Offline`] keeps calls off the network; under any other class nothing is
    /// taken for offline, not even where the platform says that there is no way out, and no probes run. So it is for debug
    /// menus and tests. What the device knows goes to [`set_platform`](Self::set_platform).
    pub fn set_quality(&self, quality: Quality) {
        let quality = Some(quality).filter(|quality| *quality != Quality::Unspecified);
        self.0.driver.tell(Input::PinQuality(quality));
    }

    /// Gives an estimate of the network that takes the place of the runtime's own measurements (rule H5); `None` takes
    /// that back.
    pub fn set_estimate(&self, estimate: Option<Estimate>) {
        self.0.driver.tell(Input::OwnEstimate(estimate));
    }

    /// Says what the platform knows of the network. Replaces what was said before. Say what is known, and leave the rest to
    /// the default, which is "nothing known":
    ///
    /// ```
    /// use holdover_client::{Interface, Platform, Reachability};
    ///
    /// # fn example(runtime: &holdover_client::Runtime) {
    /// runtime.set_platform(Platform {
    ///     reachability: Reachability::Reachable,
    ///     interface: Interface::Wifi,
    ///     path: 7, // any number that is another one on another network, such as a handle of the platform's
    ///     ..Platform::default()
    /// });
    /// # }
    /// ```
    pub fn set_platform(&self, platform: Platform) {
        self.change_host(|host| host.platform = platform);
    }

    /// Says that the user wants to save data: answers are trimmed as on poor networks. Whether the platform asks for that
    /// is said apart, by [`Platform::save_data`]; one of them is enough.
    pub fn set_save_data(&self, save_data: bool) {
        self.change_host(|host| host.save_data = save_data);
    }

    fn change_host(&self, change: impl FnOnce(&mut Host)) {
        let lock = || self.0.platform.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut lock());
        self.0.driver.tell_made(|| {
            let Host { platform, save_data } = &*lock();
            Input::Platform(Platform { save_data: platform.save_data || *save_data, ..*platform })
        });
    }

    /// Says whether the user sees the app. In the background, streams close after a [grace
    /// period](RuntimeBuilder::grace_period) and observers rest; back in the foreground, both go on where they were (rules
    /// G4, J1).
    pub fn set_app_state(&self, state: AppState) {
        self.0.driver.tell(Input::App(state));
    }

    /// Stops refreshes, cuts short what is in flight, and closes the store, before the system suspends the app (rule J1).
    /// Complete when that is done. Calls that start from then on wait for nothing that is stored.
    pub fn pause(&self) -> Completion {
        Completion::of(self.0.driver.start(|op| Input::Pause { op }))
    }

    /// Works again after [`pause`](Self::pause).
    pub fn resume(&self) {
        self.0.driver.tell(Input::Resume);
    }

    /// Drops what memory holds and the store can give again (rule E4).
    pub fn memory_pressure(&self) {
        self.0.driver.tell(Input::MemoryPressure);
    }

    /// Turns parts of policies off, each of which makes calls plainer (rule J5): a kill switch. Replaces what was off
    /// before, takes effect at once, and is complete when it outlives the process.
    ///
    /// Methods are named as in `"pricing.v1.Pricing/GetQuote"`; another form is an error, and nothing changes. A name that
    /// no bound client's policy has does nothing, yet is kept, because a client that is bound later may have it: so one
    /// list can serve several versions of an app. [`Event::SwitchesUnknown`](crate::Event::SwitchesUnknown) says so, with
    /// the names that there are, when `disable` is called and when a client of that service is bound.
    pub fn disable(&self, switches: impl IntoIterator<Item = Switch>) -> Completion {
        let switches = switches.into_iter().collect();
        Completion::of(self.0.driver.start(|op| Input::Disable { op, switches }))
    }

    /// What the runtime has done since it was built.
    pub fn stats(&self) -> Stats {
        self.0.driver.stats()
    }

    /// The same for somebody who must not keep the runtime alive, such as a meter; `None` when it has ended.
    pub fn stats_reader(&self) -> impl Fn() -> Option<Stats> + Send + Sync + Clone + 'static {
        let driver = Arc::downgrade(&self.0.driver);
        move || driver.upgrade().map(|driver| driver.stats())
    }

    /// Ends every call and observation with an error, and refuses new ones. What was given to the store before is still
    /// written; resolves when the store is closed and the listeners have heard everything, so do not wait for it in a
    /// listener. A runtime that is dropped does the same, unheard.
    pub fn shutdown(&self) -> impl Future<Output = ()> + Send + 'static {
        self.0.driver.shut_down()
    }

    pub(crate) fn driver(&self) -> &Arc<Driver> {
        &self.0.driver
    }

    /// The policy in these bytes, read once.
    pub(crate) fn policy(&self, bytes: &'static [u8]) -> Result<Arc<Policy>, Error> {
        let mut policies = self.0.policies.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (bytes.as_ptr().addr(), bytes.len());
        if let Some(policy) = policies.get(&place) {
            return Ok(policy.clone());
        }
        let policy = self.read_policy(&Bytes::from_static(bytes))?;
        policies.insert(place, policy.clone());
        Ok(policy)
    }

    /// The policy in these bytes.
    pub(crate) fn read_policy(&self, bytes: &Bytes) -> Result<Arc<Policy>, Error> {
        let registered = self.0.driver.register(bytes)?;
        let policy = Arc::new(Policy::read(bytes, &registered)?);
        for method in policy.methods() {
            self.0.driver.telemetry().name(method.id, method.name.clone());
        }
        Ok(policy)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Nobody waits for the store to close.
        drop(self.driver.shut_down());
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("endpoints", &self.0.driver.endpoints()).finish_non_exhaustive()
    }
}
