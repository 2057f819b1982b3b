//! What `carinbb doctor` looks at before a run: files, secrets, reach, certificate, clock, documents, clients, login, and
//! what inputs that are missing would settle. One line each, with a fix where there is one.

mod clients;
mod line;
mod missing;
mod secrets;
mod server;

pub use clients::clients;
pub use line::{Line, exit_code};
pub use missing::missing;
pub use secrets::Collecting;
pub use server::{documents, handshake};
