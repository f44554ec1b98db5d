//! The CA section of an openssl.cnf, ca(1): what it says of certificates and CRLs, and the [`Plan`](tpm2ca_profile::Plan) of a
//! certificate that it leads to.
//!
//! The file decides, also where a profile of this program would decide otherwise; [`Plan::notes`](tpm2ca_profile::Plan::notes)
//! say so. `openssl ca` 3.0 is the model, from the order of a name's attributes to the bytes of every extension.

mod error;
mod lifetime;
mod oneline;
mod plan;
mod policy;
mod settings;
mod urls;

pub use self::error::{CaFileError, PolicyRefusal};
pub use self::oneline::oneline;
pub use self::plan::{CaIssuer, CaRequest, CaRules, ExtensionSource, PlanError};
pub use self::settings::{CaSettings, SerialRule};
pub use self::urls::CaUrls;
