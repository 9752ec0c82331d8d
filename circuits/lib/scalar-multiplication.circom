pragma circom 2.2.2;

include "lib/babyjub.circom";
include "lib/uint.circom";

// Additions in Montgomery form have exceptional cases: the sum of P and Q needs P != Q and P != -Q, and neither may be the
// identity. No case occurs here, whatever the scalar, because P and Q never lie in the same or in opposite cosets of the prime
// subgroup. The curve is cyclic of order 8 l: write [e] for the coset of points whose small-order part is e T8, e modulo 8,
// T8 = EIGHTH(), T4 = 2 T8 and T2 = 4 T8 = (0, -1). The identity lies in [0]; a point in another coset is not the identity.

/// Bits of an integer below l.
function SCALAR_BITS() { return 251; }
function BASE_WINDOWS() { return (SCALAR_BITS() + 1) \ 2; }

/// Montgomery form of d 4^i BASE8 + E_i for windows i and digits d. E_0 = T8, the last E is 5 T8, all others are T4.
function BASE_TABLE() {
    var table[BASE_WINDOWS()][4][2];
    var power[2] = BASE8();
    var quarter[2] = [QUARTER_X(), 0];
    for (var i = 0; i < BASE_WINDOWS(); i++) {
        var point[2] = quarter;
        if (i == 0) point = EIGHTH();
        if (i == BASE_WINDOWS() - 1) point = EDWARDS_ADD(EDWARDS_ADD(quarter, quarter), EIGHTH());
        for (var d = 0; d < 4; d++) {
            var u = (1 + point[1]) / (1 - point[1]);
            table[i][d] = [u, u / point[0]];
            point = EDWARDS_ADD(point, power);
        }
        for (var k = 0; k < 2; k++) power = EDWARDS_ADD(power, power);
    }
    return table;
}

/// @title   MultiplyTable
/// @notice  s BASE8 - T4 in Edwards form: one addition per two bits.
/// @param   TABLE  BASE_TABLE(); a parameter because a var would be computed anew for every witness
/// @input   bits   {bits = 1}: of s, least significant first
/// @sound   The sum lies in [1], [3], [5], [7], [1], … and each summand but the last in [2]: never the same coset nor the
///          opposite one. 124 summands T4 lead from [1] to [1], the last is in [5]: 1 is neither 5 nor -5. The end is in
///          [6] = -T4 + [0], so not of order 2. Hence every quotient is unique and FromMontgomery applies.
/// @mirror  protocol/babyjub.ts multiplyBase
template MultiplyTable(TABLE) {
    var N = SCALAR_BITS();
    var WINDOWS = BASE_WINDOWS();
    signal input {bits} bits[N];
    signal output out[2];

    signal both[WINDOWS - 1], slope[WINDOWS - 1], x[WINDOWS - 1], y[WINDOWS - 1];
    // Advice first: the sums as (X / Z, Y / Z), so that one division serves all slopes.
    var numerator[WINDOWS], denominator[WINDOWS], before[WINDOWS];
    var X = 0, Y = 0, Z = 0, all = 1;
    for (var i = 0; i < WINDOWS; i++) {
        var digit = bits[2 * i];
        if (2 * i + 1 < N) digit += 2 * bits[2 * i + 1];
        var px = TABLE[i][digit][0], py = TABLE[i][digit][1];
        if (i == 0) {
            X = px; Y = py; Z = 1;
        } else {
            var n = py * Z - Y, d = px * Z - X;
            var dd = d * d, ddz = dd * Z, xdd = X * dd;
            var next = n * n * Z - (MONTGOMERY_A() + px) * ddz - xdd;
            numerator[i] = n; denominator[i] = d; before[i] = all;
            all *= d;
            Y = n * (xdd - next) - Y * dd * d;
            X = next * d;
            Z = ddz * d;
        }
    }
    var quotient[WINDOWS], inverse = 1 / all;
    for (var i = WINDOWS - 1; i > 0; i--) {
        quotient[i] = numerator[i] * inverse * before[i];
        inverse *= denominator[i];
    }

    var sum[2];
    for (var i = 0; i < WINDOWS; i++) {
        var low = bits[2 * i];
        var high = 0;
        var product = 0;
        if (2 * i + 1 < N) {
            both[i] <== bits[2 * i] * bits[2 * i + 1];
            high = bits[2 * i + 1];
            product = both[i];
        }
        // The digit's point is linear in the two bits and their product.
        var point[2];
        for (var k = 0; k < 2; k++) {
            point[k] = TABLE[i][0][k] + low * (TABLE[i][1][k] - TABLE[i][0][k]) + high * (TABLE[i][2][k] - TABLE[i][0][k])
                + product * (TABLE[i][3][k] - TABLE[i][2][k] - TABLE[i][1][k] + TABLE[i][0][k]);
        }
        if (i == 0) {
            sum = point;
        } else {
            slope[i - 1] <-- quotient[i];
            slope[i - 1] * (point[0] - sum[0]) === point[1] - sum[1];
            x[i - 1] <== slope[i - 1] * slope[i - 1] - MONTGOMERY_A() - sum[0] - point[0];
            y[i - 1] <== slope[i - 1] * (sum[0] - x[i - 1]) - sum[1];
            sum = [x[i - 1], y[i - 1]];
        }
    }
    out <== FromMontgomery()(sum);
}

/// @title   MultiplyBase
/// @notice  s BASE8 - T4 in Edwards form.
template MultiplyBase() {
    signal input {bits} bits[SCALAR_BITS()];
    signal output out[2] <== MultiplyTable(BASE_TABLE())(bits);
}

/// @title   MultiplyPoint
/// @notice  (2 k + 1) q + s T4 in Edwards form, s = 2 bits[0] - 1: one step P <- 2 P + s q per bit, of six constraints.
/// @param   N     bits of k, odd
/// @input   bits  {bits = 1}: of k, least significant first
/// @input   q     in the prime subgroup; the identity has no witness
/// @sound   With s_i = 2 bits[i] - 1 the odd number 2 k + 1 is 2^N + sum of s_i 2^i, so P would start at q. It starts at
///          q + T2 in [4], and the steps add s (q + T4) and s q in turn, the last one the former:
///          P in [4], Q = s (q + T4) in [2] or [6]:  P and Q differ by [2] or [6], in sign too; P + Q is in [2] or [6], P
///            and -P in [4]; the result 2 P + Q is in [2] or [6].
///          P in [2] or [6], Q = s q in [0]:  P and Q differ in coset; P + Q differs from P since q is not the identity, and
///            from -P by coset; the result 2 P + Q is in [4].
///          So x(Q) != x(P) and x(P + Q) != x(P) in every step: each quotient is unique. The end, in [2] or [6], is not of
///          order 2. q, q + T4 and q + T2 are neither the identity nor of order 2, since q has odd order and is not the identity.
/// @mirror  protocol/babyjub.ts multiplyPoint
template MultiplyPoint(N) {
    assert(N % 2 == 1);
    signal input {bits} bits[N];
    signal input q[2];
    signal output out[2];

    signal start[2] <== ToMontgomery()([-q[0], -q[1]]);
    // By parity of the step: the last one, 0, adds q + T4.
    signal summand[2][2];
    summand[0] <== ToMontgomery()([QUARTER_X() * q[1], -EDWARDS_A() * QUARTER_X() * q[0]]);
    summand[1] <== ToMontgomery()(q);

    // Advice first: P as (X / Z, Y / Z), so that one division serves all slopes.
    var numerator[N][2], denominator[N][2], before[N][2];
    var X = start[0], Y = start[1], Z = 1, all = 1;
    for (var i = N - 1; i >= 0; i--) {
        var qx = summand[i % 2][0], qy = (2 * bits[i] - 1) * summand[i % 2][1];
        var n = qy * Z - Y, d = qx * Z - X;
        var dd = d * d, ddz = dd * Z, xdd = X * dd;
        // x(P + Q) is m / (dd Z); the second slope is 2 y(P) / (x(P) - x(P + Q)) less the first one.
        var m = n * n * Z - (MONTGOMERY_A() + qx) * ddz - xdd;
        var w = xdd - m, e = d * w;
        var k = 2 * Y * dd * d - n * w;
        numerator[i] = [n, k];
        denominator[i] = [d, e];
        before[i] = [all, all * d];
        all *= d * e;
        var ee = e * e, xee = X * ee;
        var next = k * k * Z - MONTGOMERY_A() * ee * Z - xee - m * w * w;
        Y = k * (xee - next) - Y * ee * e;
        X = next * e;
        Z *= ee * e;
    }
    var quotient[N][2], inverse = 1 / all;
    for (var i = 0; i < N; i++) {
        for (var j = 1; j >= 0; j--) {
            quotient[i][j] = numerator[i][j] * inverse * before[i][j];
            inverse *= denominator[i][j];
        }
    }

    signal signedY[N], slope[N], middle[N], slope2[N], x[N], y[N];
    var p[2] = start;
    for (var i = N - 1; i >= 0; i--) {
        var other = summand[i % 2][0];
        signedY[i] <== (2 * bits[i] - 1) * summand[i % 2][1];
        // P + Q, whose y is not needed, then (P + Q) + P.
        slope[i] <-- quotient[i][0];
        slope[i] * (other - p[0]) === signedY[i] - p[1];
        middle[i] <== slope[i] * slope[i] - MONTGOMERY_A() - p[0] - other;
        slope2[i] <-- quotient[i][1];
        (slope[i] + slope2[i]) * (p[0] - middle[i]) === 2 * p[1];
        x[i] <== slope2[i] * slope2[i] - MONTGOMERY_A() - p[0] - middle[i];
        y[i] <== slope2[i] * (p[0] - x[i]) - p[1];
        p = [x[i], y[i]];
    }
    out <== FromMontgomery()(p);
}
