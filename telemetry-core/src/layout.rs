//! [`Layout`]: which keys an event has, as a number that can be compared.

use crate::callsite_info::{Base, Keys};

/// Stands for a list of keys that does not change while the program runs.
///
/// In all events of one layout its keys stand at the same positions, those of measurements and
/// those of metadata. There are as many layouts as there are places in the program that emit, so
/// what is learned about one can be kept. An event may have more keys than its layout, behind
/// those: a span's end has what [`Span::set`](crate::Span::set) added. So a position that was found
/// is good for all events of the layout, and a key that was not found has to be looked for again.
///
/// ```
/// use std::sync::OnceLock;
/// use telemetry::{Event, Layout};
///
/// static BYTES: OnceLock<(Layout, usize)> = OnceLock::new();
///
/// fn bytes(event: &Event<'_>) -> Option<u64> {
///     if let (Some((known, at)), Some(layout)) = (BYTES.get(), event.layout()) {
///         if *known == layout {
///             return event.measurement_at(*at)?.as_u64();
///         }
///     }
///     let at = event.measurement_position("bytes")?;
///     if let Some(layout) = event.layout() {
///         let _ = BYTES.set((layout, at));
///     }
///     event.measurement_at(at)?.as_u64()
/// }
///
/// telemetry::attach("bytes", "layout.example", |event| assert_eq!(bytes(event), Some(512)))?;
/// for _ in 0..2 {
///     telemetry::execute!("layout.example", { files: 1, bytes: 512 });
/// }
/// # assert_eq!(telemetry::list_handlers("layout")[0].failures, 0);
/// # Ok::<(), telemetry::AttachError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layout(usize);

impl Layout {
    /// Told apart by where it lies: what lies there, lies there to the end.
    #[inline(always)]
    pub(crate) fn of(keys: &Keys<'_>) -> Option<Self> {
        let lasting: *const Keys<'_> = match keys.base {
            Base::Itself => keys,
            Base::Of(keys) => keys,
            Base::Nothing => return None,
        };
        Some(Self(lasting.addr()))
    }
}
