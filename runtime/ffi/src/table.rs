//! Handles: numbers that are checked.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::guard::Refusal;

/// What a handle stands for. The number is part of the handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Runtime = 1,
    Session = 2,
    /// A hit or a buffer.
    Loan = 3,
    /// Of events, on the JVM.
    #[cfg(feature = "jni")]
    Queue = 4,
    #[cfg(feature = "testing")]
    Story = 5,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Session => "session",
            Self::Loan => "hit or buffer",
            #[cfg(feature = "jni")]
            Self::Queue => "queue",
            #[cfg(feature = "testing")]
            Self::Story => "story",
        }
    }
}

/// The things of one kind that hosts hold, by handle: 4 bits of kind, 28 of generation, 32 of index. A handle is never
/// given twice: a place whose generations are used up is left empty.
pub(crate) struct Table<T> {
    kind: Kind,
    slots: RwLock<Slots<T>>,
}

struct Slots<T> {
    places: Vec<Place<T>>,
    free: Vec<u32>,
}

struct Place<T> {
    generation: u32,
    value: Option<T>,
}

const LAST_GENERATION: u32 = (1 << 28) - 1;

impl<T> Table<T> {
    pub(crate) const fn of(kind: Kind) -> Self {
        Self { kind, slots: RwLock::new(Slots { places: Vec::new(), free: Vec::new() }) }
    }

    pub(crate) fn insert(&self, value: T) -> Result<u64, Refusal> {
        let mut slots = self.write();
        let index = match slots.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(slots.places.len())
                    .map_err(|_| Refusal::misuse("too many handles: close what is not used any more"))?;
                slots.places.push(Place { generation: 1, value: None });
                index
            }
        };
        let place = &mut slots.places[index as usize];
        place.value = Some(value);
        Ok((self.kind as u64) << 60 | u64::from(place.generation) << 32 | u64::from(index))
    }

    pub(crate) fn get(&self, handle: u64) -> Result<T, Refusal>
    where
        T: Clone,
    {
        let slots = self.read();
        let place = slots.places.get(self.index(handle)?).filter(|place| place.is(handle));
        place.and_then(|place| place.value.clone()).ok_or_else(|| self.closed())
    }

    /// Ends the handle. What it stood for is dropped by the caller, whom no lock is in the way of.
    pub(crate) fn remove(&self, handle: u64) -> Result<T, Refusal> {
        let index = self.index(handle)?;
        let mut slots = self.write();
        let place = slots.places.get_mut(index).filter(|place| place.is(handle));
        let (value, again) = match place {
            Some(place) => {
                let value = place.value.take();
                let again = value.is_some() && place.generation < LAST_GENERATION;
                if value.is_some() {
                    place.generation += 1;
                }
                (value, again)
            }
            None => (None, false),
        };
        if again {
            slots.free.push(u32::try_from(index).expect("it came from 32 bits"));
        }
        drop(slots);
        value.ok_or_else(|| self.closed())
    }

    fn index(&self, handle: u64) -> Result<usize, Refusal> {
        if handle >> 60 != self.kind as u64 {
            return Err(Refusal::misuse(format!("{handle} is no handle of a {}", self.kind.name())));
        }
        usize::try_from(handle & u64::from(u32::MAX)).map_err(|_| self.closed())
    }

    fn closed(&self) -> Refusal {
        Refusal::misuse(format!("this {} was closed, or never was", self.kind.name()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots<T>> {
        // Nothing panics under this lock but an allocation that fails.
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Slots<T>> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Place<T> {
    fn is(&self, handle: u64) -> bool {
        u64::from(self.generation) == handle >> 32 & u64::from(LAST_GENERATION)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_good_until_it_is_closed_and_never_again() {
        let table = Table::of(Kind::Session);
        let first = table.insert("a").unwrap();
        assert_eq!(table.get(first).unwrap(), "a");
        assert_eq!(table.remove(first).unwrap(), "a");
        table.get(first).unwrap_err();
        table.remove(first).unwrap_err();
        let second = table.insert("b").unwrap();
        assert_eq!(first & 0xffff_ffff, second & 0xffff_ffff, "the place is used again");
        assert_ne!(first, second);
        table.get(first).unwrap_err();
    }

    #[test]
    fn no_number_is_a_handle_by_accident() {
        let table = Table::of(Kind::Loan);
        let one = table.insert(()).unwrap();
        for wrong in [0, 1, u64::MAX, one + 1, one + (1 << 32), one ^ (1 << 60), one & 0xffff_ffff] {
            table.get(wrong).unwrap_err();
            table.remove(wrong).unwrap_err();
        }
        table.remove(one).unwrap();
    }

    #[test]
    fn a_place_whose_generations_are_used_up_stays_empty() {
        let table = Table::of(Kind::Loan);
        let first = table.insert(1).unwrap();
        table.slots.write().unwrap().places[0].generation = LAST_GENERATION;
        table.get(first).unwrap_err();
        let last = (first & !(u64::from(LAST_GENERATION) << 32)) | u64::from(LAST_GENERATION) << 32;
        table.remove(last).unwrap();
        let next = table.insert(2).unwrap();
        assert_eq!(next & 0xffff_ffff, 1, "another place");
    }
}
