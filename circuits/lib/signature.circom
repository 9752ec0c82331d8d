pragma circom 2.2.2;

include "lib/babyjub.circom";
include "lib/poseidon.circom";
include "lib/scalar-multiplication.circom";
include "lib/uint.circom";

/// Order l of the prime subgroup.
function SUBGROUP_ORDER() { return 2736030358979909402780800718157159386076813972158567259200215660948447373041; }

/// @title   EdDSAPoseidon
/// @notice  Accepts a signature of message by key, or anything at all with S < l if it is not enabled.
/// @input   enabled  {bits = 1}; without it any key, message and r8 do, and s = 0
/// @input   key      A; A of small order has no witness, a component of small order in it vanishes in 8 A
/// @input   r8, s    the signature
/// @sound   S BASE8 = R8 + 8 h A with S < l and h canonical, as circomlib's EdDSAPoseidonVerifier has it. R8 is found equal to a
///          point of the curve, so it is on it.
/// @mirror  protocol/signature.ts verify
template EdDSAPoseidon() {
    signal input {bits} enabled;
    assert(enabled.bits == 1);
    signal input key[2], message, r8[2], s;

    // 1 Challenge, canonical: h + r would be a second one
    signal h <== Hash(0, 5)([r8[0], r8[1], key[0], key[1], message]);
    signal {bits} hBits[254] <== ToBitsUpTo(254, -1)(h);
    signal {bits} sBits[SCALAR_BITS()] <== ToBitsUpTo(SCALAR_BITS(), SUBGROUP_ORDER() - 1)(s);

    // 2 -8 A, the key of BASE8 standing in where none is needed
    var standIn[2] = BASE8();
    signal used[2];
    for (var k = 0; k < 2; k++) used[k] <== standIn[k] + enabled * (key[k] - standIn[k]);
    signal eightA[2] <== TimesEight()(used);
    signal base[2];
    base[0] <== -eightA[0];
    base[1] <== eightA[1];

    // 3 S BASE8 - T4, and -(h | 1) 8 A + sign T4 where h | 1 is h or, if that is even, h + 1
    signal left[2] <== MultiplyBase()(sBits);
    signal {bits} high[253];
    for (var i = 0; i < 253; i++) high[i] <== hBits[i + 1];
    signal right[2] <== MultiplyPoint(253)(high, base);

    // 4 The two T4 cancel if sign is 1; if it is -1 they are T2, whose addition changes the sign of both coordinates.
    signal turned[2];
    for (var k = 0; k < 2; k++) turned[k] <== (2 * high[0] - 1) * right[k];
    signal sum[2] <== AddPoints()(left, turned);

    // 5 An even h has had one 8 A too many.
    signal surplus[2];
    surplus[0] <== (1 - hBits[0]) * eightA[0];
    surplus[1] <== 1 + (1 - hBits[0]) * (eightA[1] - 1);
    signal expected[2] <== AddPoints()(sum, surplus);
    for (var k = 0; k < 2; k++) enabled * (expected[k] - r8[k]) === 0;
}
