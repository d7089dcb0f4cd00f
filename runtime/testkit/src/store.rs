//! What every store must do, as a suite that any store can be put through.
//!
//! A store's own tests call [`conforms`] for a few seeds. The suite compares the store with a reference that is written
//! from the documentation of `StoreCommand` and shares no code with any store.

mod budget;
mod comparison;
mod openings;
mod partitions;
mod records;
mod reference;
mod samples;
mod trust;

use holdover_client::store::Store;

pub use reference::Reference;

/// A place where contents outlive the store that wrote them.
pub trait Shelf {
    /// A store over these contents, not opened yet, as after a restart. The last one has been dropped.
    fn store(&self) -> Box<dyn Store>;
}

/// Makes empty shelves with room for so many bytes.
pub trait Shelves {
    /// What it makes.
    type Shelf: Shelf;
    /// An empty one.
    fn shelf(&self, budget: usize) -> Self::Shelf;
}

/// Puts a store through the whole suite.
///
/// # Panics
///
/// When the store does something else than it should; the message says what, and the seed.
pub fn conforms(shelves: &impl Shelves, seed: u64) {
    openings::a_new_store_has_nothing_to_tell(shelves);
    partitions::partitions_keep_their_key(shelves);
    records::variants_stand_side_by_side(shelves);
    records::tags_outlive_records(shelves);
    partitions::late_numbers_are_raised(shelves);
    partitions::sign_outs_are_listed_until_finished(shelves);
    partitions::destroyed_partitions_stay_destroyed(shelves);
    budget::the_budget_holds(shelves, seed);
    budget::one_account_cannot_push_the_others_out(shelves);
    budget::the_budget_is_exact(shelves);
    openings::commands_before_opening_fail(shelves);
    openings::a_closed_store_is_opened_again(shelves);
    openings::switches_are_kept(shelves);
    trust::what_is_distrusted_is_gone_in_the_next_run(shelves);
    trust::distrust_can_be_taken_back(shelves);
    comparison::agrees_with_the_reference(shelves, seed, ROOMY);
    comparison::agrees_with_the_reference(shelves, seed, 20_000);
}

/// Room for everything that a test saves.
const ROOMY: usize = 1 << 26;
