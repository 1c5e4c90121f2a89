//! [`Total`]: a counter that may begin again.

/// The sum of what a counter rose by, over all its lives.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Total {
    before: f64,
    last: f64,
}

impl Total {
    /// From now on, counts what comes on top of this.
    pub(crate) fn from(counter: f64) -> Self {
        Self {
            before: -counter,
            last: counter,
        }
    }

    /// What the counter says now. If that is less than before, it began again at zero.
    pub(crate) fn read(&mut self, counter: f64) -> f64 {
        if counter < self.last {
            self.before += self.last;
        }
        self.last = counter;
        self.now()
    }

    /// As of the last reading.
    pub(crate) fn now(&self) -> f64 {
        self.before + self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_falls_has_begun_again() {
        let mut total = Total::from(100.0);
        let read: Vec<f64> = [100.0, 103.0, 2.0, 2.0, 5.0, 0.0, 1.0]
            .into_iter()
            .map(|counter| total.read(counter))
            .collect();
        assert_eq!(read, [0.0, 3.0, 5.0, 5.0, 8.0, 8.0, 9.0]);
    }
}
