//! Values of summaries and distributions, in lines of their own or packed into few.

use crate::load::Load;
use crate::number::push_real;
use crate::pack::{Claim, Packer, Sink, claim};

/// Writes the values of one series, each in a line of its own or packed.
pub(super) struct ValueWriter<'w> {
    pub(super) packed: bool,
    pub(super) name: &'w str,
    pub(super) ending: &'w str,
    /// Begun and not ended, if it is not empty.
    pub(super) line: &'w mut String,
    pub(super) value: String,
    /// How long the line may become.
    pub(super) limit: usize,
    pub(super) claims: &'w mut Vec<Claim>,
    /// Of the line: how many recorded values others stand for.
    pub(super) thinned: u64,
}

impl ValueWriter<'_> {
    pub(super) fn value(
        &mut self,
        value: f64,
        claims: impl Iterator<Item = Claim>,
        packer: &mut Packer,
        sink: &mut impl Sink,
    ) {
        self.value.clear();
        self.value.push(':');
        push_real(&mut self.value, value);
        let fits = self.line.len() + self.value.len() + self.ending.len() <= self.limit;
        let goes_on = self.packed && fits;
        if !(self.line.is_empty() || goes_on) {
            self.finish(packer, sink);
        }
        if self.line.is_empty() {
            // Fill up the datagram at hand if at least this value fits.
            let least = self.name.len() + self.value.len() + self.ending.len();
            let room = packer.room();
            self.limit = if least <= room { room } else { packer.mtu() };
            self.line.push_str(self.name);
        }
        self.line.push_str(&self.value);
        let mut stands_for = 0u64;
        claims.for_each(|new| {
            stands_for = stands_for.saturating_add(new.count);
            claim(self.claims, new);
        });
        self.thinned = self.thinned.saturating_add(stands_for.saturating_sub(1));
    }

    pub(super) fn finish(&mut self, packer: &mut Packer, sink: &mut impl Sink) {
        if !self.line.is_empty() {
            self.line.push_str(self.ending);
            let load = Load {
                lines: 1,
                thinned: std::mem::take(&mut self.thinned),
            };
            packer.push(self.line, load, self.claims, sink);
            self.line.clear();
        }
    }
}
