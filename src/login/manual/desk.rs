//! TEMP
#[derive(Default)]
pub(in crate::login) struct Desk;
impl Desk {
    pub(in crate::login) async fn authorize(
        &self,
        _: &crate::net::World,
        _: &dyn crate::login::Sitting,
        _: &crate::login::AuthorizeRequest,
    ) -> crate::login::Visit {
        todo!()
    }
}
