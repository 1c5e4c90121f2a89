//! The routes.

use std::sync::Arc;

use axum::Router;

use crate::access::Access;
use crate::hub::Hub;

pub(crate) fn router<S: Clone + Send + Sync + 'static>(
    _hub: Arc<Hub>,
    _access: Access,
) -> Router<S> {
    Router::new()
}
