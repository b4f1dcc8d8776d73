//! A post without what the SDK tells AWS about itself.

use aws_runtime::{
    invocation_id::InvocationIdInterceptor, request_info::RequestInfoInterceptor,
    service_clock_skew::ServiceClockSkewInterceptor, user_agent::UserAgentInterceptor,
};
use aws_sdk_apigatewaymanagement::{
    config::{
        ConfigBag, FrozenLayer, Intercept, Layer,
        interceptors::BeforeSerializationInterceptorContextRef,
    },
    error::BoxError,
};
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;

const CAUSE: &str = "a post is tried once, and made for every socket that is told";

/// Leaves out the SDK's name and version, the number of the try, and the measuring of the clock for the next one. Each is made,
/// sent, signed and read again for every socket that is told. `aws-runtime` must be the version that the SDK has: of another one,
/// these are other types, and nothing is left out (`tests/tests/allocations.rs` would tell).
#[derive(Debug)]
pub(super) struct Plain(FrozenLayer);

impl Plain {
    pub(super) fn new() -> Self {
        let mut layer = Layer::new("plain");
        layer
            .store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE))
            .store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE))
            .store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE))
            .store_put(disable_interceptor::<ServiceClockSkewInterceptor>(CAUSE));
        Self(layer.freeze())
    }
}

impl Intercept for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        settings.push_shared_layer(self.0.clone());
        Ok(())
    }
}
