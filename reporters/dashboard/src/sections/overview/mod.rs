//! The overview: what is wrong, the golden signals, and how full everything is.

mod saturation;
mod signals;
mod wrong;

pub(super) use saturation::saturation;
pub(super) use signals::signals;
pub(crate) use wrong::Rises;
pub(super) use wrong::wrong;
