// As spin.c, in Rust: the names have to be demangled. From the standard library alone.
use std::hint::black_box;
use std::io::Write;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, now: *mut Timespec) -> i32;
}

const CLOCK_THREAD_CPUTIME_ID: i32 = 3;

fn cpu_ns() -> i64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the kernel fills the structure in.
    unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.seconds * 1_000_000_000 + now.nanoseconds
}

mod work {
    use super::black_box;

    #[inline(never)]
    pub fn hot(times: u64) -> u64 {
        (0..times).fold(1, |sum: u64, _| black_box(sum.wrapping_mul(6364136223846793005) ^ 1))
    }

    #[inline(never)]
    pub fn cold(times: u64) -> u64 {
        (0..times).fold(1, |sum: u64, _| black_box(sum.wrapping_mul(6364136223846793005) ^ 3))
    }
}

fn main() {
    let mut random = u64::from(std::process::id());
    let (mut spent_hot, mut spent_cold) = (0, 0);
    for at in 1.. {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let times = 100_000 + (random >> 33) % 200_000;
        let begun = cpu_ns();
        black_box(work::hot(times * 7 / 5));
        let middle = cpu_ns();
        black_box(work::cold(times * 3 / 5));
        let end = cpu_ns();
        spent_hot += middle - begun;
        spent_cold += end - middle;
        if at % 16 == 0 {
            println!("spent {spent_hot} {spent_cold}");
            std::io::stdout().flush().unwrap();
        }
    }
}
