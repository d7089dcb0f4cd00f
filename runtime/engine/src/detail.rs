//! Asking for less on poor networks, and understanding what came (section F).

use bytes::Bytes;
use holdover_wire::{Limits, WireError};

use crate::call::DetailMode;
use crate::fault::{Fault, planted};
use crate::metadata::Metadata;
use crate::method::{Method, Signal};
use crate::network::{NetworkState, Quality, Response};
use crate::snapshot::{Detail, PlanHash};

/// What a client asks for.
const ASK: &str = "holdover-detail";
/// What a server did.
const APPLIED: &str = "holdover-detail-applied";
/// Google's signal.
const FIELD_MASK: &str = "x-goog-fieldmask";

/// Whether trimming is called for (rule F1).
pub(crate) fn is_called_for(reduce_at: Quality, network: NetworkState) -> bool {
    network.save_data || (network.quality != Quality::Unspecified && network.quality <= reduce_at)
}

/// The detail that a request asks for. A mask that the caller set is never trimmed (rule F4).
pub(crate) fn wanted(method: &Method, mode: DetailMode, has_own_mask: bool, network: NetworkState) -> Detail {
    match &method.detail {
        Some(detail)
            if mode == DetailMode::Default && !has_own_mask && is_called_for(detail.reduce_at, network) =>
        {
            Detail::Reduced
        }
        _ => Detail::Full,
    }
}

/// Whether the caller says itself what it wants, in the request or its metadata.
pub(crate) fn has_own_mask(method: &Method, request: &[u8], metadata: &Metadata, limits: &Limits) -> bool {
    match method.detail.as_ref().map(|detail| &detail.signal) {
        // A request that cannot be read is sent as it is.
        Some(Signal::ReadMask(mask)) => mask.is_set(request, limits).unwrap_or(true),
        Some(Signal::GoogleFieldMask) => metadata.get(FIELD_MASK).is_some(),
        Some(Signal::Header) => metadata.get(ASK).is_some(),
        None => false,
    }
}

/// The body that is sent, with the signal put where it belongs.
pub(crate) fn shape(
    method: &Method,
    want: Detail,
    request: &Bytes,
    metadata: &mut Metadata,
    limits: &Limits,
) -> Result<Bytes, WireError> {
    let Some(detail) = &method.detail else { return Ok(request.clone()) };
    if want == Detail::Full {
        if matches!(detail.signal, Signal::GoogleFieldMask) && metadata.get(FIELD_MASK).is_none() {
            metadata.insert(FIELD_MASK, "*");
        }
        return Ok(request.clone());
    }
    let body = match &detail.request {
        Some(pruner) => pruner.prune(request, limits)?.message,
        None => request.clone(),
    };
    let mask = detail.response.mask_paths();
    match &detail.signal {
        Signal::Header => metadata.insert(ASK, format!("reduced; plan={}", detail.plan)),
        Signal::GoogleFieldMask => metadata.insert(FIELD_MASK, mask.join(",")),
        Signal::ReadMask(field) => {
            let mut filled = body.to_vec();
            field.fill(&mut filled, mask, limits)?;
            return Ok(filled.into());
        }
    }
    Ok(body)
}

/// The plan by which an answer is reduced; `None` for a full one (rule F5).
pub(crate) fn applied(
    method: &Method,
    asked: Detail,
    response: &Response,
    limits: &Limits,
) -> Result<Option<PlanHash>, WireError> {
    let said = said(&response.metadata).or_else(|| said(&response.trailers));
    plan_of(method, asked, said, &response.body, limits)
}

/// The same, for a message of which the server has said this or nothing.
pub(crate) fn plan_of(
    method: &Method,
    asked: Detail,
    said: Option<Applied>,
    message: &[u8],
    limits: &Limits,
) -> Result<Option<PlanHash>, WireError> {
    match said {
        Some(Applied::Full) => return Ok(None),
        Some(Applied::Reduced(_)) if planted(Fault::ReducedPassesForFull) => return Ok(None),
        Some(Applied::Reduced(plan)) => return Ok(Some(plan)),
        None => {}
    }
    match &method.detail {
        Some(detail) if asked == Detail::Reduced && !detail.response.contains_dropped(message, limits)? => {
            Ok(Some(detail.plan))
        }
        _ => Ok(None),
    }
}

/// How many bytes the server says that it left out: the optional parameter `dropped` of a reduced answer's header.
pub(crate) fn dropped(response: &Response) -> Option<u64> {
    let said = response.metadata.text(APPLIED).or_else(|| response.trailers.text(APPLIED))?;
    said.split(';').map(str::trim).find_map(|part| part.strip_prefix("dropped="))?.parse().ok()
}

/// What a server did, by its own word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Full,
    Reduced(PlanHash),
}

/// What a server says that it did.
pub(crate) fn said(metadata: &Metadata) -> Option<Applied> {
    metadata.text(APPLIED).and_then(parse_applied)
}

/// `full`, or `reduced; plan=<hash>`. Anything else says nothing.
fn parse_applied(text: &str) -> Option<Applied> {
    let mut parts = text.split(';').map(str::trim);
    match parts.next()? {
        "full" => Some(Applied::Full),
        "reduced" => {
            let plan = parts.find_map(|part| part.strip_prefix("plan="))?;
            Some(Applied::Reduced(plan.parse().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_is_called_for_by_quality_or_by_the_user() {
        let at = |quality, save_data| is_called_for(Quality::Poor, NetworkState { quality, save_data });
        assert!(at(Quality::Poor, false) && at(Quality::VeryPoor, false) && at(Quality::Offline, false));
        assert!(!at(Quality::Moderate, false) && !at(Quality::Unspecified, false));
        assert!(at(Quality::Good, true));
    }

    #[test]
    fn only_what_is_said_clearly_is_understood() {
        let hash = "00112233445566778899aabbccddeeff";
        let plan = hash.parse().unwrap();
        assert_eq!(parse_applied("full"), Some(Applied::Full));
        assert_eq!(parse_applied(&format!("reduced; plan={hash}")), Some(Applied::Reduced(plan)));
        assert_eq!(parse_applied(&format!("reduced;plan={hash};x=1")), Some(Applied::Reduced(plan)));
        for unclear in ["", "reduced", "reduced; plan=xyz", "Full", "none"] {
            assert_eq!(parse_applied(unclear), None, "{unclear:?}");
        }
    }
}
