//! The little that the model has to read of messages: they are short, and all of their fields are length-delimited.

/// The text of a field of a message whose fields are all shorter than 128 bytes.
#[must_use]
pub fn text(message: &[u8], number: u8) -> Option<String> {
    let mut rest = message;
    while let [tag, len, tail @ ..] = rest {
        let (value, after) = tail.split_at_checked(usize::from(*len))?;
        if *tag == number << 3 | 2 {
            return String::from_utf8(value.to_vec()).ok();
        }
        rest = after;
    }
    None
}

/// Whether a field is there.
#[must_use]
pub fn has(message: &[u8], number: u8) -> bool {
    let mut rest = message;
    while let [tag, len, tail @ ..] = rest {
        if tag >> 3 == number {
            return true;
        }
        let Some((_, after)) = tail.split_at_checked(usize::from(*len)) else { return false };
        rest = after;
    }
    false
}
