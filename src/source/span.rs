//! Times as files write them: `"40ms"`, `"1.5s"`.
//! Not here: how messages show times (`journal::text`).

use std::time::Duration;

const UNITS: [(&str, u128); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

/// A time, in the largest unit of those up to a second in which it is a whole number.
pub(crate) fn write(time: Duration) -> String {
    let nanos = time.as_nanos();
    let (unit, size) =
        UNITS[..4].iter().rev().find(|it| nanos.is_multiple_of(it.1)).expect("nanoseconds are whole");
    if nanos == 0 { "0s".to_owned() } else { format!("{}{unit}", nanos / size) }
}

/// A time in seconds, exactly: to the millisecond, or finer where it is finer.
pub(crate) fn write_seconds(time: Duration) -> String {
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    if nanos.is_multiple_of(1_000_000) {
        format!("{seconds}.{:03}s", nanos / 1_000_000)
    } else if nanos.is_multiple_of(1_000) {
        format!("{seconds}.{:06}s", nanos / 1_000)
    } else {
        format!("{seconds}.{nanos:09}s")
    }
}

/// Reads a number with a unit: up to nine digits behind the point, up to what 64 bits of nanoseconds hold.
pub(crate) fn read(text: &str) -> Option<Duration> {
    let split = text.find(|it: char| !it.is_ascii_digit() && it != '.')?;
    let (number, unit) = (&text[..split], text[split..].trim());
    let size = UNITS.iter().find(|it| it.0 == unit)?.1;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 9 || fraction.contains('.') {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?;
    let scale = 10u128.pow(fraction.len() as u32);
    let parts = u128::from(whole) * scale + fraction.parse::<u128>().ok()?;
    let nanos = parts.checked_mul(size)?;
    if !nanos.is_multiple_of(scale) {
        return None; // finer than a nanosecond
    }
    Some(Duration::from_nanos(u64::try_from(nanos / scale).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_they_are_written() {
        for nanos in [0, 1, 999, 1_000, 40_000_000, 1_500_000_000, 86_400_000_000_000, u64::MAX] {
            let time = Duration::from_nanos(nanos);
            assert_eq!(read(&write(time)), Some(time), "{}", write(time));
            assert_eq!(read(&write_seconds(time)), Some(time), "{}", write_seconds(time));
        }
        assert_eq!(write(Duration::from_millis(1500)), "1500ms");
        assert_eq!(write_seconds(Duration::from_millis(1500)), "1.500s");
        assert_eq!(read("1.5 min"), Some(Duration::from_secs(90)));
        assert_eq!(read("2h"), Some(Duration::from_secs(7200)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1.s",
            ".5s",
            "1..5s",
            "0.5ns",
            "1e3s",
            "5 parsecs",
            "99999999999999999999s",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
