pragma circom 2.2.2;

// Baby Jubjub: a x^2 + y^2 = 1 + d x^2 y^2, cyclic of order 8 l. a is a square and d is not, so addition is complete: on the
// curve no denominator below is 0. Its Montgomery form v^2 = u^3 + A u^2 + u is cheaper to add in, but not complete.

function EDWARDS_A() { return 168700; }
function EDWARDS_D() { return 168696; }
function MONTGOMERY_A() { return 168698; }

/// circomlib's generator of the prime subgroup.
function BASE8() {
    return [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
}

/// A point of order 8; twice it is (QUARTER_X(), 0).
function EIGHTH() {
    return [
        4342719913949491028786768530115087822524712248835451589697801404893164183326,
        4826523245007015323400664741523384119579596407052839571721035538011798951543
    ];
}

/// x of a point T4 of order 4: y is 0, and x^2 is 1 / a. Adding T4 to (x, y) gives (QUARTER_X y, -a QUARTER_X x): linear.
function QUARTER_X() {
    return 18930368022820495955728484915491405972470733850014661777449844430438130630919;
}

/// Sum of two constants.
function EDWARDS_ADD(p, q) {
    var t = EDWARDS_D() * p[0] * p[1] * q[0] * q[1];
    return [(p[0] * q[1] + p[1] * q[0]) / (1 + t), (p[1] * q[1] - EDWARDS_A() * p[0] * q[0]) / (1 - t)];
}

/// @title   CheckOnCurve
/// @notice  Accepts a point of the curve, or nothing.
/// @mirror  protocol/babyjub.ts isOnCurve
template CheckOnCurve() {
    signal input p[2];

    signal xx <== p[0] * p[0];
    signal yy <== p[1] * p[1];
    EDWARDS_A() * xx + yy - 1 === EDWARDS_D() * xx * yy;
}

/// @title   AddPoints
/// @notice  Complete addition.
/// @input   p, q  points of the curve
/// @sound   The denominators 1 + t and 1 - t are not 0, so the quotients are unique.
/// @mirror  protocol/babyjub.ts addPoints
template AddPoints() {
    signal input p[2], q[2];
    signal output out[2];

    signal beta <== p[0] * q[1];
    signal gamma <== p[1] * q[0];
    signal delta <== (p[1] - EDWARDS_A() * p[0]) * (q[0] + q[1]);
    signal tau <== beta * gamma;
    var t = EDWARDS_D() * tau;
    out[0] <-- (beta + gamma) / (1 + t);
    out[1] <-- (delta + EDWARDS_A() * beta - gamma) / (1 - t);
    out[0] * (1 + t) === beta + gamma;
    out[1] * (1 - t) === delta + EDWARDS_A() * beta - gamma;
}

/// @title   DoublePoint
/// @notice  Twice a point of the curve.
/// @sound   a x^2 + y^2 = 1 + d x^2 y^2 is not 0 and not 2, so the quotients are unique.
template DoublePoint() {
    signal input p[2];
    signal output out[2];

    signal xx <== p[0] * p[0];
    signal yy <== p[1] * p[1];
    signal xy <== p[0] * p[1];
    var t = EDWARDS_A() * xx + yy;
    out[0] <-- 2 * xy / t;
    out[1] <-- (yy - EDWARDS_A() * xx) / (2 - t);
    out[0] * t === 2 * xy;
    out[1] * (2 - t) === yy - EDWARDS_A() * xx;
}

/// @title   TimesEight
/// @notice  The key a = 8 b of a registration point; a point off the curve has no witness.
/// @output  a  in the prime subgroup whatever b is; the identity exactly if b has small order, and then a[0] = 0
/// @mirror  protocol/signature.ts timesEight
template TimesEight() {
    signal input b[2];
    signal output a[2];

    CheckOnCurve()(b);
    signal twice[2] <== DoublePoint()(b);
    signal fourTimes[2] <== DoublePoint()(twice);
    a <== DoublePoint()(fourTimes);
}

/// @title   ToMontgomery
/// @notice  A point of the curve in Montgomery form, u = (1 + y) / (1 - y), v = u / x.
/// @input   p  a point of the curve other than the one of order 2; the identity has no witness
/// @sound   1 - y and x are not 0, so u and v are unique.
template ToMontgomery() {
    signal input p[2];
    signal output out[2];

    out[0] <-- (1 + p[1]) / (1 - p[1]);
    out[1] <-- out[0] / p[0];
    out[0] * (1 - p[1]) === 1 + p[1];
    out[1] * p[0] === out[0];
}

/// @title   FromMontgomery
/// @notice  Back to Edwards form, x = u / v, y = (u - 1) / (u + 1).
/// @input   m  a point other than (0, 0), which has order 2
/// @sound   v is 0 at (0, 0) only, since A^2 - 4 is no square; u is never -1, since v^2 would be A - 2 = d, no square.
template FromMontgomery() {
    signal input m[2];
    signal output out[2];

    out[0] <-- m[0] / m[1];
    out[1] <-- (m[0] - 1) / (m[0] + 1);
    out[0] * m[1] === m[0];
    out[1] * (m[0] + 1) === m[0] - 1;
}
