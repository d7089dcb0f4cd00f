//! The vectors' API as a package would call it.

use std::sync::Arc;

use holdover_ffi::abi::*;
use prost::Message;

use crate::boundary;
use crate::host::{Host, Methods, NO_BUFFER, NOTHING, bytes, take, take_error};

pub(crate) static POLICY: &[u8] = include_bytes!("../../../../tests/vectors/api.policy");

/// As `RideRequest` and `Ride` are: the id is the first field.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Ride {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
}

pub(crate) fn ride(id: &str) -> Vec<u8> {
    Ride { id: id.to_owned() }.encode_to_vec()
}

/// A runtime whose HTTP requests its host carries.
pub(crate) fn config() -> boundary::RuntimeConfig {
    boundary::RuntimeConfig {
        endpoints: vec![boundary::Endpoint {
            name: "test".to_owned(),
            url: "http://rides.invalid".to_owned(),
            protocol: boundary::Protocol::Connect.into(),
            plain_text: true,
        }],
        transport: boundary::Transport::Host.into(),
        host_http: Some(boundary::HostHttp { trailers: true, streamed_bodies: true, http2: true }),
        ..boundary::RuntimeConfig::default()
    }
}

/// A runtime with a session.
pub(crate) struct World {
    pub(crate) host: Arc<Host>,
    pub(crate) runtime: u64,
    pub(crate) session: u64,
    pub(crate) methods: Methods,
}

impl World {
    pub(crate) fn new(host: Arc<Host>) -> Self {
        Self::with(host, &config(), &boundary::SessionConfig::default())
    }

    pub(crate) fn with(
        host: Arc<Host>,
        config: &boundary::RuntimeConfig,
        session: &boundary::SessionConfig,
    ) -> Self {
        let runtime = host.open(config);
        let methods = register(runtime);
        let session = open_session(runtime, session);
        Self { host, runtime, session, methods }
    }

    pub(crate) fn method(&self, name: &str) -> u32 {
        self.methods[name].id
    }

    pub(crate) fn start(&self, token: u64, form: u32, method: &str, request: &[u8]) -> u64 {
        self.start_with(token, form, method, request, &boundary::CallOptions::default())
    }

    pub(crate) fn start_with(
        &self,
        token: u64,
        form: u32,
        method: &str,
        request: &[u8],
        options: &boundary::CallOptions,
    ) -> u64 {
        let op = holdover_op_new(self.runtime);
        let mut error = NO_BUFFER;
        let options = options.encode_to_vec();
        let code = unsafe {
            holdover_start(
                self.session,
                op,
                token,
                form,
                self.method(method),
                bytes(request),
                bytes(&options),
                &mut error,
            )
        };
        assert_eq!(code, HOLDOVER_OK, "{:?}", take_error(error));
        op
    }

    pub(crate) fn command(&self, token: u64, command: boundary::command::Command) -> u64 {
        let op = holdover_op_new(self.runtime);
        let command = boundary::Command { command: Some(command) }.encode_to_vec();
        let mut error = NO_BUFFER;
        let code = unsafe { holdover_command(self.runtime, op, token, bytes(&command), &mut error) };
        assert_eq!(code, HOLDOVER_OK, "{:?}", take_error(error));
        op
    }

    pub(crate) fn hint(&self, hint: boundary::hint::Hint) -> Result<(), Box<boundary::Error>> {
        let hint = boundary::Hint { hint: Some(hint) }.encode_to_vec();
        let mut error = NO_BUFFER;
        match unsafe { holdover_hint(self.runtime, bytes(&hint), &mut error) } {
            HOLDOVER_OK => Ok(()),
            _ => Err(Box::new(take_error(error))),
        }
    }

    pub(crate) fn probe(&self, method: &str, request: &[u8]) -> Option<crate::host::Seen> {
        let mut snapshot = std::mem::MaybeUninit::uninit();
        let method = self.method(method);
        let hit =
            unsafe { holdover_probe(self.session, method, bytes(request), NOTHING, snapshot.as_mut_ptr()) };
        (hit != 0).then(|| {
            let seen = crate::host::see(unsafe { snapshot.assume_init_ref() });
            assert_eq!(holdover_release(hit), HOLDOVER_OK);
            seen
        })
    }

    pub(crate) fn free(&self) {
        assert_eq!(holdover_runtime_free(self.runtime), HOLDOVER_OK);
        self.host.wait_released();
    }
}

pub(crate) fn register(runtime: u64) -> Methods {
    let (mut registered, mut error) = (NO_BUFFER, NO_BUFFER);
    let code = unsafe { holdover_policy_register(runtime, bytes(POLICY), &mut registered, &mut error) };
    assert_eq!(code, HOLDOVER_OK);
    let registered = boundary::Registered::decode(&*take(registered)).unwrap();
    let short = |method: boundary::Method| (method.name.rsplit('/').next().unwrap().to_owned(), method);
    registered.methods.into_iter().map(short).collect()
}

pub(crate) fn open_session(runtime: u64, config: &boundary::SessionConfig) -> u64 {
    let mut error = NO_BUFFER;
    let session = unsafe { holdover_session_new(runtime, bytes(&config.encode_to_vec()), &mut error) };
    assert_ne!(session, 0, "{:?}", take_error(error));
    session
}
