use super::*;

#[test]
fn numbers_have_one_form() {
    let minus_one = u64::MAX;
    // Ten bytes or five, a negative int32 is the same; so is one with bits that decoders cut off.
    assert_eq!(canonical(u64::from(u32::MAX), Kind::Int32), minus_one);
    assert_eq!(canonical(minus_one, Kind::Int32), minus_one);
    assert_eq!(canonical(0x7_ffff_ffff, Kind::Enum), minus_one);
    assert_eq!(canonical(0x1_0000_0005, Kind::Uint32), 5);
    assert_eq!(canonical(minus_one, Kind::Uint32), u64::from(u32::MAX));
    assert_eq!(canonical(minus_one, Kind::Int64), minus_one);
    assert_eq!(canonical(1, Kind::Sint32), minus_one);
    assert_eq!(canonical(0x1_0000_0001, Kind::Sint32), minus_one);
    assert_eq!(canonical(4, Kind::Sint64), 2);
    assert_eq!(canonical(minus_one, Kind::Sint64), i64::MIN.cast_unsigned());
    assert_eq!(canonical(1 << 40, Kind::Bool), 1);
    assert_eq!(canonical(0, Kind::Bool), 0);
    assert_eq!(canonical(u64::from((-0.0f32).to_bits()), Kind::Float), 0);
    assert_eq!(canonical((-0.0f64).to_bits(), Kind::Double), 0);
    assert_eq!(
        canonical((-f64::NAN).to_bits(), Kind::Double),
        canonical(0x7ff0_0000_0000_0001, Kind::Double)
    );
    assert_eq!(canonical(u64::from((-f32::NAN).to_bits()), Kind::Float), canonical(0x7f80_0001, Kind::Float));
    assert_eq!(canonical(1.5f64.to_bits(), Kind::Double), 1.5f64.to_bits());
}
