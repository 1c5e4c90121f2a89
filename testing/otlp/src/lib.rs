//! A real receiver of OTLP, for tests.
