//! Metadata, as the runner and as the transport have it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use holdover_client::Metadata;

use crate::proto::Header;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The runner has bytes in base64, the transport has them raw.
pub(crate) fn sent(headers: &[Header]) -> Result<Metadata, String> {
    let mut metadata = Metadata::new();
    for header in headers {
        for value in &header.value {
            let value = if header.name.to_ascii_lowercase().ends_with("-bin") {
                LENIENT.decode(value).map_err(|error| format!("header {}: {error}", header.name))?
            } else {
                value.clone().into_bytes()
            };
            metadata.push(&header.name, value).map_err(|error| error.to_string())?;
        }
    }
    Ok(metadata)
}

/// One header for every name.
pub(crate) fn received<'a>(metadata: impl Iterator<Item = (&'a str, &'a bytes::Bytes)>) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (name, value) in metadata {
        let value = if name.ends_with("-bin") {
            STANDARD_NO_PAD.encode(value)
        } else {
            String::from_utf8_lossy(value).into_owned()
        };
        match headers.iter_mut().find(|header| header.name == name) {
            Some(header) => header.value.push(value),
            None => headers.push(Header { name: name.to_owned(), value: vec![value] }),
        }
    }
    headers
}
