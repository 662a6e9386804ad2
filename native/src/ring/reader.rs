//! The thread that reads one ring: it takes records only when it was asked to.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use libbpf_sys as sys;

use crate::error::{Failure, Result};
use crate::map::handle::Handle;
use crate::ring::batch::Consumer;
use crate::work;

/// Called once with the records, None at the end, or what went wrong.
pub type Reply = work::Reply<Option<Vec<u8>>>;

const READING: u8 = 0;
const FINISHED: u8 = 1;
const CLOSED: u8 = 2;

/// While few records come, they are gathered for this long.
const GATHER: Duration = Duration::from_millis(20);

pub struct Reader {
    name: String,
    state: Mutex<State>,
}

enum State {
    Idle { signal: Arc<Signal>, map: Arc<OwnedFd> },
    Running { signal: Arc<Signal>, requests: Sender<Reply>, thread: JoinHandle<()> },
    Closed,
}

/// How the other threads reach the reading one: a state, and an eventfd that ends its sleep.
struct Signal {
    state: AtomicU8,
    wake: OwnedFd,
}

impl Signal {
    fn raise(&self, state: u8) {
        self.state.fetch_max(state, Ordering::SeqCst);
        // SAFETY: writes 8 bytes of a local to our own eventfd.
        unsafe { libc::write(self.wake.as_raw_fd(), (&raw const ONE).cast(), 8) };
    }

    fn state(&self) -> u8 {
        self.state.load(Ordering::SeqCst)
    }

    /// Sleeps until raised, or until `ring` has records, or for `time`. None sleeps for ever.
    fn sleep(&self, ring: Option<i32>, time: Option<Duration>) {
        let mut fds = [self.wake.as_raw_fd(), ring.unwrap_or(-1)].map(|fd| libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        });
        let time = time.map_or(-1, |time| time.as_micros().div_ceil(1000) as libc::c_int);
        // SAFETY: two initialised entries; a negative descriptor is skipped. The eventfd is
        // emptied so that one signal ends one sleep; the state says what it was.
        unsafe {
            libc::poll(fds.as_mut_ptr(), 2, time);
            if fds[0].revents != 0 {
                let mut count = 0u64;
                libc::read(self.wake.as_raw_fd(), (&raw mut count).cast(), 8);
            }
        }
    }
}

static ONE: u64 = 1;

impl Reader {
    pub fn new(map: &Handle) -> Result<Self> {
        let name = map.info.name.clone();
        if map.number != sys::BPF_MAP_TYPE_RINGBUF {
            return Err(Failure::invalid("ring", "it is not a ring buffer").subject(name));
        }
        // SAFETY: plain numbers.
        let wake = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if wake < 0 {
            return Err(Failure::last("ring").subject(name));
        }
        // SAFETY: the kernel just gave us this descriptor.
        let wake = unsafe { OwnedFd::from_raw_fd(wake) };
        let signal = Arc::new(Signal { state: AtomicU8::new(READING), wake });
        Ok(Self { name, state: Mutex::new(State::Idle { signal, map: map.fd()? }) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a batch. The first request starts the thread; requests are answered in order.
    pub fn read(&self, reply: Reply) {
        let mut state = self.lock();
        if let State::Idle { signal, map } = &*state {
            let (signal, map, name) = (Arc::clone(signal), Arc::clone(map), self.name.clone());
            let (requests, received) = channel();
            let theirs = Arc::clone(&signal);
            let spawned =
                std::thread::Builder::new().spawn(move || serve(&theirs, &map, &name, &received));
            match spawned {
                Ok(thread) => *state = State::Running { signal, requests, thread },
                Err(error) => {
                    let errno = error.raw_os_error().unwrap_or(libc::EAGAIN);
                    return reply(Err(Failure::errno("ring", errno).subject(&self.name)));
                }
            }
        }
        let State::Running { requests, .. } = &*state else {
            return reply(Ok(None));
        };
        if let Err(unsent) = requests.send(reply) {
            let failure = Failure::new("ring", "EIO").subject(&self.name).detail("its thread died");
            (unsent.0)(Err(failure));
        }
    }

    pub fn finish(&self) {
        if let State::Idle { signal, .. } | State::Running { signal, .. } = &*self.lock() {
            signal.raise(FINISHED);
        }
    }

    /// Answers pending requests with None, waits for the thread to end and lets go of the map.
    pub fn close(&self) {
        let state = std::mem::replace(&mut *self.lock(), State::Closed);
        if let State::Running { signal, requests, thread } = state {
            signal.raise(CLOSED);
            drop(requests);
            let _ = thread.join();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(signal: &Signal, map: &OwnedFd, name: &str, requests: &Receiver<Reply>) {
    let mut consumer = Consumer::new(map).map_err(|failure| failure.subject(name));
    let mut pace = Pace::default();
    for reply in requests {
        let batch = match &mut consumer {
            Ok(consumer) => work::guard(|| Ok(next(signal, consumer, &mut pace))),
            Err(failure) => Err(failure.clone()),
        };
        reply(batch);
    }
}

/// When the last batch was taken, and whether more should be gathered before the next.
#[derive(Default)]
struct Pace {
    gather_until: Option<Instant>,
}

impl Pace {
    /// `filled`: what the ring held, the batch included.
    fn took(&mut self, filled: usize, ring: usize) {
        self.gather_until = (filled < ring / 8).then(|| Instant::now() + GATHER);
    }
}

fn next(signal: &Signal, consumer: &mut Consumer, pace: &mut Pace) -> Option<Vec<u8>> {
    loop {
        if let (READING, Some(until)) = (signal.state(), pace.gather_until) {
            let left = until.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                signal.sleep(None, Some(left));
            }
        }
        let state = signal.state();
        if state == CLOSED {
            return None;
        }
        let batch = consumer.take();
        if !batch.is_empty() {
            pace.took(batch.len() + consumer.waiting(), consumer.size());
            return Some(batch);
        }
        if state == FINISHED {
            return None;
        }
        pace.gather_until = None;
        // A record that a program reserved and has not submitted yet makes the ring look ready.
        if consumer.waiting() > 0 {
            signal.sleep(None, Some(Duration::from_millis(1)));
        } else {
            signal.sleep(Some(consumer.descriptor()), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_batches_are_gathered_and_large_ones_are_not() {
        let mut pace = Pace::default();
        pace.took(100, 65536);
        assert!(pace.gather_until.is_some());
        pace.took(8192, 65536);
        assert!(pace.gather_until.is_none());
    }
}
