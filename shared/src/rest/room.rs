//! What an answer has room for.

/// How many of the first of some items have, with a comma each, at most so many bytes together, and how many bytes those are.
pub(crate) fn fitting(
    lengths: impl IntoIterator<Item = usize>,
    max_bytes: usize,
) -> (usize, usize) {
    let (mut kept, mut bytes) = (0, 0);
    for length in lengths {
        let with_this = bytes + length + 1;
        if with_this > max_bytes {
            break;
        }
        (kept, bytes) = (kept + 1, with_this);
    }
    (kept, bytes)
}
