//! Past values within one byte budget, and quantiles over a recent window.
