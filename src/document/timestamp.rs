//! Virtual time as a date: a host's clock starts at the beginning of 2026, so that the same run writes the same documents.
//! Not here: the clock (`runtime::clock`).

use crate::model::Nanos;

/// Days from the beginning of 1970 to that of 2026.
const FIRST_DAY: u64 = 20_454;

/// `2026-01-01T00:00:00.0000000Z`, with the seven digits that Windows writes. (fidelity: `timestamps`)
pub(crate) fn timestamp(now: Nanos) -> String {
    let ticks = now / 100;
    let seconds = ticks / 10_000_000;
    let (year, month, day) = date(FIRST_DAY + seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:07}Z", ticks % 10_000_000)
}

/// The date of a day since the beginning of 1970, counted in years that begin in March.
fn date(day: u64) -> (u64, u64, u64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_time_starts_with_2026() {
        assert_eq!(timestamp(0), "2026-01-01T00:00:00.0000000Z");
        assert_eq!(timestamp(1_500_000_100), "2026-01-01T00:00:01.5000001Z");
        assert_eq!(
            timestamp(86_400_000_000_000 * (31 + 28) + 3_600_000_000_000),
            "2026-03-01T01:00:00.0000000Z"
        );
    }

    #[test]
    fn leap_days_are_days() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(59), (1970, 3, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_453), (2025, 12, 31));
        assert_eq!(date(21_243), (2028, 2, 29));
    }
}
