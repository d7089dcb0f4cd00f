//! How good the network is, by its own traffic (rules H1 to H3). Nothing here knows of calls: samples go in, a class comes
//! out, and the same samples give the same class.

mod class;
mod estimator;
mod prior;
mod samples;
mod server_timing;

#[cfg(test)]
mod tests;

pub(crate) use class::class_of;
pub(crate) use estimator::Estimator;
pub(crate) use samples::SampleId;
pub(crate) use server_timing::server_time;
