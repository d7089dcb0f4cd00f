use super::*;

fn body() -> Vec<u8> {
    [encode(0, b"one").unwrap(), encode(COMPRESSED, b"").unwrap(), encode(WEB_TRAILERS, b"three").unwrap()]
        .concat()
}

fn read(chunks: &[&[u8]], limit: usize) -> Result<Vec<(u8, Vec<u8>)>, FrameError> {
    let mut reader = FrameReader::new(limit);
    let mut frames = Vec::new();
    for chunk in chunks {
        reader.push(Bytes::copy_from_slice(chunk));
        while let Some(frame) = reader.next_frame()? {
            frames.push((frame.flags, frame.payload.to_vec()));
        }
    }
    reader.finish()?;
    Ok(frames)
}

#[test]
fn frames_come_out_however_the_body_is_cut() {
    let body = body();
    let expected = vec![(0, b"one".to_vec()), (COMPRESSED, vec![]), (WEB_TRAILERS, b"three".to_vec())];
    for first in 0..=body.len() {
        for second in first..=body.len() {
            let chunks = [&body[..first], &body[first..second], &body[second..]];
            assert_eq!(read(&chunks, 5), Ok(expected.clone()), "cut at {first} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(read(&bytes, 5), Ok(expected));
    assert_eq!(read(&[], 5), Ok(vec![]));
}

#[test]
fn chunks_may_be_added_before_all_frames_are_taken() {
    let mut reader = FrameReader::new(5);
    let body = body();
    for chunk in body.chunks(4) {
        reader.push(Bytes::copy_from_slice(chunk));
    }
    let mut frames = 0;
    while reader.next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!((frames, reader.finish()), (3, Ok(())));
}

#[test]
fn a_frame_in_one_chunk_is_not_copied() {
    let mut reader = FrameReader::new(5);
    let body = encode(0, b"hello").unwrap();
    reader.push(body.clone());
    let frame = reader.next_frame().unwrap().unwrap();
    assert_eq!(frame.payload.as_ptr(), body[HEAD_LEN..].as_ptr());
    assert!(!frame.is_compressed());
}

#[test]
fn a_frame_that_is_too_large_is_refused_by_its_head() {
    let error = FrameError::TooLarge { size: 5, limit: 4 };
    assert_eq!(read(&[&[0, 0, 0, 0, 5]], 4), Err(error));
    assert_eq!(read(&[&[0, 0], &[0, 0, 5]], 4), Err(error));
    assert_eq!(read(&[&[0, 255, 255, 255, 255]], 4), Err(FrameError::TooLarge { size: u32::MAX, limit: 4 }));
}

#[test]
fn a_body_that_ends_inside_a_frame_is_an_error() {
    assert_eq!(read(&[&[0, 0, 0]], 9), Err(FrameError::Truncated { missing: 2 }));
    assert_eq!(read(&[&[0, 0, 0, 0, 4, 1, 2, 3]], 9), Err(FrameError::Truncated { missing: 1 }));
    assert_eq!(head(COMPRESSED, 0x0102_0304), Ok([1, 1, 2, 3, 4]));
}

type Frames = Vec<(u8, Vec<u8>)>;

/// Frames, the parts of too large ones, joined, and the rest.
fn pieces(chunks: &[&[u8]], limit: usize) -> (Frames, Vec<u8>, Vec<u8>) {
    let mut reader = PieceReader::new(limit);
    let (mut frames, mut parts) = (Vec::new(), Vec::new());
    for chunk in chunks {
        reader.push(Bytes::copy_from_slice(chunk));
        while let Some(piece) = reader.next_piece() {
            match piece {
                Piece::Frame(frame) => frames.push((frame.flags, frame.payload.to_vec())),
                Piece::Part { bytes, last } => {
                    assert!(!bytes.is_empty());
                    parts.extend_from_slice(&bytes);
                    assert_eq!(last, parts.len() % 14 == 0, "each of the large frames has 14 bytes");
                }
            }
        }
    }
    (frames, parts, reader.take_rest().to_vec())
}

#[test]
fn what_is_too_large_comes_in_parts_however_the_body_is_cut() {
    let (large, empty) = (encode(COMPRESSED, b"too large").unwrap(), encode(2, b"").unwrap());
    let body = [&encode(0, b"one").unwrap()[..], &large, &large, &empty, &encode(3, b"three").unwrap()[..7]]
        .concat();
    let frames = vec![(0, b"one".to_vec()), (2, vec![])];
    let expected = (frames, [&large[..], &large].concat(), b"\x03\x00\x00\x00\x05th".to_vec());
    for first in 0..=body.len() {
        for second in first..=body.len() {
            let chunks = [&body[..first], &body[first..second], &body[second..]];
            assert_eq!(pieces(&chunks, 5), expected, "cut at {first} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = body.chunks(1).collect();
    assert_eq!(pieces(&bytes, 5), expected);
    assert_eq!(pieces(&[], 5), (vec![], vec![], vec![]));
}

#[test]
fn a_part_is_not_held_and_not_copied() {
    let mut reader = PieceReader::new(5);
    // The largest there is: nothing is made ready for it.
    let body = Bytes::from_static(b"\x00\xff\xff\xff\xffabc");
    reader.push(body.clone());
    let Some(Piece::Part { bytes, last: false }) = reader.next_piece() else { panic!("it is too large") };
    assert_eq!((bytes.len(), bytes.as_ptr()), (8, body.as_ptr()));
    assert_eq!(reader.next_piece(), None);
    assert!(reader.take_rest().is_empty());
}
