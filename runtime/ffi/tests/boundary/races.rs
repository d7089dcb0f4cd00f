//! Cancelling against completing, many times over: exactly one end each, whoever wins.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;

use holdover_ffi::abi::*;

use crate::host::{Heard, Host, NOTHING, Reply, bytes};
use crate::rides::{World, ride};

const RACES: usize = 50_000;

/// The same numbers every time, well spread.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// What became of each operation, by token.
struct Ends {
    ended: Vec<AtomicU8>,
    cancelled: AtomicUsize,
    left: AtomicUsize,
}

impl Ends {
    fn hear(&self, heard: &Heard) -> bool {
        let Some(token) = usize::try_from(heard.token).ok().and_then(|token| token.checked_sub(1)) else {
            return heard.kind < HOLDOVER_EVENT_HTTP_REQUEST;
        };
        let before =
            if heard.last { self.ended[token].fetch_add(1, SeqCst) } else { self.ended[token].load(SeqCst) };
        assert_eq!(before, 0, "{heard:?} after the end of it");
        if heard.last {
            self.cancelled.fetch_add(usize::from(heard.kind == HOLDOVER_EVENT_CANCELLED), SeqCst);
            // The last of all is written down, for who waits.
            return self.left.fetch_sub(1, SeqCst) == 1;
        }
        false
    }
}

#[test]
fn fifty_thousand_cancels_race_as_many_answers() {
    let ends = Arc::new(Ends {
        ended: (0..RACES).map(|_| AtomicU8::new(0)).collect(),
        cancelled: AtomicUsize::new(0),
        left: AtomicUsize::new(RACES),
    });
    let hears = ends.clone();
    let host = Host::hearing(|_, _| Reply::Ok(ride("a")), move |heard| hears.hear(heard));
    let world = World::new(host);
    let forms = [
        (HOLDOVER_GET, "Plain"),
        (HOLDOVER_GET, "Quote"),
        (HOLDOVER_OBSERVE, "Quote"),
        (HOLDOVER_PREFETCH, "Fare"),
        (HOLDOVER_STREAM, "Feed"),
    ];
    let (sender, started) = mpsc::sync_channel::<u64>(8);
    std::thread::scope(|scope| {
        let runtime = world.runtime;
        scope.spawn(move || {
            let mut random = Random(1);
            for op in started {
                for _ in 0..random.next(400) {
                    std::hint::spin_loop();
                }
                assert_eq!(holdover_cancel(runtime, op), HOLDOVER_OK);
                if random.next(8) == 0 {
                    assert_eq!(holdover_cancel(runtime, op), HOLDOVER_OK);
                }
            }
        });
        let mut random = Random(2);
        for token in 1..=RACES as u64 {
            let (form, method) = forms[usize::try_from(random.next(forms.len() as u64)).unwrap()];
            let request = ride(&format!("r{}", random.next(64)));
            let op = holdover_op_new(runtime);
            // Before, while, or after it is started.
            let early = random.next(2) == 0;
            if early {
                sender.send(op).unwrap();
            }
            let code = unsafe {
                holdover_start(
                    world.session,
                    op,
                    token,
                    form,
                    world.method(method),
                    bytes(&request),
                    NOTHING,
                    std::ptr::null_mut(),
                )
            };
            assert_eq!(code, HOLDOVER_OK);
            if !early {
                sender.send(op).unwrap();
            }
        }
        drop(sender);
    });
    world.host.wait(|heard| heard.last);
    assert!(ends.ended.iter().all(|ended| ended.load(SeqCst) == 1));
    let cancelled = ends.cancelled.load(SeqCst);
    assert!(cancelled > 0 && cancelled < RACES, "{cancelled} were cancelled: both sides win sometimes");
    world.free();
}

#[test]
fn a_runtime_is_freed_while_threads_start_and_cancel() {
    for seed in 0..40 {
        let ended = Arc::new(AtomicUsize::new(0));
        let hears = ended.clone();
        let host = Host::hearing(
            |id, _| if id % 2 == 0 { Reply::Ok(ride("a")) } else { Reply::Nothing },
            move |heard| {
                hears.fetch_add(usize::from(heard.last && heard.token != 0), SeqCst);
                false
            },
        );
        let world = World::new(host);
        let started = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..3 {
                let (world, started) = (&world, &started);
                scope.spawn(move || {
                    let mut random = Random(seed * 3 + thread);
                    for token in 1..=100 {
                        let op = holdover_op_new(world.runtime);
                        let request = ride(&format!("r{}", random.next(8)));
                        let method = world.method("Quote");
                        let code = unsafe {
                            holdover_start(
                                world.session,
                                op,
                                token,
                                HOLDOVER_GET,
                                method,
                                bytes(&request),
                                NOTHING,
                                std::ptr::null_mut(),
                            )
                        };
                        match code {
                            HOLDOVER_OK => _ = started.fetch_add(1, SeqCst),
                            code => assert_eq!(code, HOLDOVER_MISUSE),
                        }
                        if random.next(3) == 0 {
                            holdover_cancel(world.runtime, op);
                        }
                    }
                });
            }
            scope.spawn(|| {
                for _ in 0..seed * 2000 {
                    std::hint::spin_loop();
                }
                world.free();
            });
        });
        assert_eq!(ended.load(SeqCst), started.load(SeqCst), "as many ends as starts, seed {seed}");
    }
}
