//! A table of live objects by number: numbers count up and are never given twice, so a stale number is always known as such.
//! Not here: what the objects are, nor the handle values that carry the numbers.

const PAGE: usize = 64;

/// Objects in pages of 64 by their number, counted from 1. Every access is two array look-ups, whatever the size.
pub(crate) struct Ledger<T> {
    pages: Vec<Option<Box<Page<T>>>>,
    next: u64,
    spare: Option<Box<Page<T>>>, // the last emptied page, so that open-close loops allocate nothing
}

struct Page<T> {
    used: u32,
    slots: [Option<T>; PAGE],
}

/// What a number means to a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Live,
    Closed,
    NeverMade,
}

impl<T> Default for Ledger<T> {
    fn default() -> Ledger<T> {
        Ledger { pages: Vec::new(), next: 1, spare: None }
    }
}

impl<T> Ledger<T> {
    pub(crate) fn insert(&mut self, value: T) -> u64 {
        let number = self.next;
        self.next += 1;
        let (page, slot) = place(number);
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, || None);
        }
        let spare = &mut self.spare;
        let page = self.pages[page].get_or_insert_with(|| {
            spare.take().unwrap_or_else(|| Box::new(Page { used: 0, slots: [const { None }; PAGE] }))
        });
        page.used += 1;
        page.slots[slot] = Some(value);
        number
    }

    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let (page, slot) = place(number);
        self.pages.get(page)?.as_ref()?.slots[slot].as_ref()
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let (page, slot) = place(number);
        self.pages.get_mut(page)?.as_mut()?.slots[slot].as_mut()
    }

    pub(crate) fn remove(&mut self, number: u64) -> Option<T> {
        let (index, slot) = place(number);
        let page = self.pages.get_mut(index)?.as_mut()?;
        let value = page.slots[slot].take()?;
        page.used -= 1;
        if page.used == 0 && (index + 1) * PAGE < self.next as usize {
            // No number of this page will be given again.
            self.spare = self.pages[index].take();
        }
        Some(value)
    }

    /// The number that the next object will get.
    pub(crate) fn next_number(&self) -> u64 {
        self.next
    }

    pub(crate) fn standing(&self, number: u64) -> Standing {
        if number == 0 || number >= self.next {
            Standing::NeverMade
        } else if self.get(number).is_some() {
            Standing::Live
        } else {
            Standing::Closed
        }
    }

    /// Live objects in the order in which they were made.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.pages.iter().enumerate().filter_map(|(index, page)| Some((index, page.as_ref()?))).flat_map(
            |(index, page)| {
                page.slots.iter().enumerate().filter_map(move |(slot, value)| {
                    Some(((index * PAGE + slot) as u64 + 1, value.as_ref()?))
                })
            },
        )
    }
}

fn place(number: u64) -> (usize, usize) {
    let index = number.wrapping_sub(1) as usize;
    (index / PAGE, index % PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_up_and_are_never_given_twice() {
        let mut ledger = Ledger::default();
        for round in 0..1000u64 {
            let number = ledger.insert(round);
            assert_eq!(number, round + 1);
            assert_eq!(ledger.remove(number), Some(round));
            assert_eq!(ledger.standing(number), Standing::Closed);
            assert_eq!(ledger.remove(number), None);
        }
        assert_eq!(ledger.standing(1001), Standing::NeverMade);
        assert_eq!(ledger.standing(0), Standing::NeverMade);
        assert_eq!(ledger.iter().count(), 0);
        assert!(ledger.pages.iter().filter(|it| it.is_some()).count() <= 1);
    }

    #[test]
    fn iteration_follows_the_order_of_making() {
        let mut ledger = Ledger::default();
        let numbers: Vec<u64> = (0..200).map(|it| ledger.insert(it)).collect();
        for number in &numbers {
            if number % 3 != 0 {
                ledger.remove(*number);
            }
        }
        let left: Vec<u64> = ledger.iter().map(|(number, _)| number).collect();
        assert_eq!(left, (1..=200).filter(|it| it % 3 == 0).collect::<Vec<u64>>());
        assert_eq!(ledger.get(3), Some(&2));
        assert_eq!(ledger.get(u64::MAX), None);
    }
}
