pragma circom 2.2.2;

// Ranges are types: a signal that carries {bits} = n is an integer in [0, 2^n), one that carries {signed} = n lies in
// [-2^(n-1), 2^(n-1)). Only this file writes those tags. The highest bit of a decomposition is never a signal but what the
// others leave, so a range of n bits costs n constraints and none of them is linear.

/// @title   CheckRange
/// @notice  Accepts the low bits of in + OFFSET, an integer of N bits, or nothing.
/// @param   N    1 to 253: below 2^253 < r no integer has an alias
/// @input   in   field
/// @input   low  advice: bits 0 to N - 2
/// @sound   low is boolean and what it leaves of in + OFFSET is 0 or 2^(N-1): in + OFFSET is the integer they spell.
template CheckRange(N, OFFSET) {
    assert(N >= 1 && N <= 253);
    signal input in, low[N - 1];

    // Powers by doubling: the witness calculator takes ten times as long with 2 ** i.
    var top = in + OFFSET;
    var power = 1;
    for (var i = 0; i < N - 1; i++) {
        low[i] * (low[i] - 1) === 0;
        top -= low[i] * power;
        power += power;
    }
    top * (top - power) === 0;
}

/// @title   Uint
/// @notice  The door through which a field element becomes an unsigned integer of N bits.
/// @output  out  {bits = N}, equal to in
template Uint(N) {
    signal input in;
    signal output {bits} out;

    signal low[N - 1];
    for (var i = 0; i < N - 1; i++) low[i] <-- (in >> i) & 1;
    CheckRange(N, 0)(in, low);
    out.bits = N;
    out <== in;
}

/// @title   Int
/// @notice  The door through which a field element becomes a signed integer of N bits.
/// @output  out  {signed = N}, equal to in; 0 has one encoding
template Int(N) {
    var OFFSET = 2 ** (N - 1);
    signal input in;
    signal output {signed} out;

    signal low[N - 1];
    for (var i = 0; i < N - 1; i++) low[i] <-- ((in + OFFSET) >> i) & 1;
    CheckRange(N, OFFSET)(in, low);
    out.signed = N;
    out <== in;
}

/// @title   Bool
/// @notice  0 or 1: an integer of one bit.
template Bool() {
    signal input in;
    signal output {bits} out;

    in * (in - 1) === 0;
    out.bits = 1;
    out <== in;
}

/// @title   CheckBits
/// @notice  Accepts the bits of an N-bit integer, least significant first, or nothing.
/// @param   N     1 to 253
/// @input   bits  advice
/// @output  out   {bits = 1} each
template CheckBits(N) {
    assert(N >= 1 && N <= 253);
    signal input in, bits[N];
    signal output {bits} out[N];

    var sum = 0;
    var power = 1;
    for (var i = 0; i < N; i++) {
        out[i] <== Bool()(bits[i]);
        sum += bits[i] * power;
        power += power;
    }
    in === sum;
}

/// @title   ToBits
/// @notice  Bits of an N-bit integer for those who need them. For a mere range use Uint.
template ToBits(N) {
    signal input in;
    signal output {bits} out[N];

    signal bits[N];
    for (var i = 0; i < N; i++) bits[i] <-- (in >> i) & 1;
    out <== CheckBits(N)(in, bits);
}

/// @title   CheckBitsUpTo
/// @notice  Accepts the bits of an integer of at most MAX, least significant first, or nothing.
/// @param   N     bits of MAX
/// @param   MAX   at most r - 1, written -1: 254 bits up to r - 1 are the canonical ones
/// @input   bits  advice
/// @output  out   {bits = 1} each
/// @sound   prefix is 1 while the bits from the top on equal MAX's. Where MAX has a 0 the bit is 0 while prefix is 1, and a bit
///          in any case. So the integer is at most MAX <= r - 1 and has no alias.
template CheckBitsUpTo(N, MAX) {
    assert(MAX >> (N - 1) == 1);
    signal input in, bits[N];
    signal output {bits} out[N];

    signal prefix[N];
    bits[N - 1] * (bits[N - 1] - 1) === 0;
    prefix[N - 1] <== bits[N - 1];
    for (var i = N - 2; i >= 0; i--) {
        if ((MAX >> i) & 1 == 1) {
            bits[i] * (bits[i] - 1) === 0;
            prefix[i] <== prefix[i + 1] * bits[i];
        } else {
            bits[i] * (bits[i] - 1 + prefix[i + 1]) === 0;
            prefix[i] <== prefix[i + 1];
        }
    }

    var sum = 0;
    var power = 1;
    for (var i = 0; i < N; i++) {
        sum += bits[i] * power;
        power += power;
    }
    in === sum;
    out.bits = 1;
    out <== bits;
}

/// @title   ToBitsUpTo
/// @notice  Bits of an integer of at most MAX.
template ToBitsUpTo(N, MAX) {
    signal input in;
    signal output {bits} out[N];

    signal bits[N];
    for (var i = 0; i < N; i++) bits[i] <-- (in >> i) & 1;
    out <== CheckBitsUpTo(N, MAX)(in, bits);
}

/// @title   CheckLessThan
/// @notice  Whether a < b, by the range of their difference; both carry their own range.
/// @param   N       width of the wider one, at most 252
/// @input   isLess  advice
/// @input   low     advice: low bits of a - b + isLess 2^N
/// @output  out     {bits = 1}
/// @sound   |a - b| < 2^N, so exactly one value of isLess brings a - b + isLess 2^N into [0, 2^N).
template CheckLessThan(N) {
    assert(N >= 1 && N <= 252);
    signal input {bits} a, b;
    signal input isLess, low[N - 1];
    signal output {bits} out;
    assert(a.bits <= N && b.bits <= N);

    out <== Bool()(isLess);
    var top = a - b + isLess * 2 ** N;
    var power = 1;
    for (var i = 0; i < N - 1; i++) {
        low[i] * (low[i] - 1) === 0;
        top -= low[i] * power;
        power += power;
    }
    top * (top - power) === 0;
}

/// @title   LessThan
/// @notice  Whether a < b. One constraint more than the wider one has bits.
template LessThan() {
    signal input {bits} a, b;
    signal output {bits} out;
    var N = a.bits > b.bits ? a.bits : b.bits;

    signal isLess <-- a < b;
    signal low[N - 1];
    for (var i = 0; i < N - 1; i++) low[i] <-- ((a - b + isLess * 2 ** N) >> i) & 1;
    out <== CheckLessThan(N)(a, b, isLess, low);
}

/// @title   GreaterEq
/// @notice  Whether a >= b.
template GreaterEq() {
    signal input {bits} a, b;
    signal output {bits} out;

    signal isLess <== LessThan()(a, b);
    out.bits = 1;
    out <== 1 - isLess;
}

/// Bits of a non-negative integer; 0 has none.
function BIT_LENGTH(value) {
    var bits = 0;
    while (value > 0) {
        value = value >> 1;
        bits++;
    }
    return bits;
}

/// @title   CheckMantissa
/// @notice  Accepts the exponent and the mantissa of an integer in [1, 2^N), or nothing: x = 2^exponent (1 + mantissa / 2^M), M bits
///          of which the highest are a selector of COUNT segments of 2^WIDTH.
/// @param   COUNT       a power of two; 2^M = COUNT 2^WIDTH, and N <= M + 1
/// @input   isExponent, isIn, low  advice: two selectors, and the bits of the offset but the highest
/// @output  out  {bits = N}, equal to x
/// @output  bit  of the offset, least significant first
/// @sound   The mantissa's bit j is 0 or 1, and 0 unless the exponent is at least M - j: so 2^exponent / 2^M times an integer is an
///          integer, and x is that plus 2^exponent: in [2^exponent, 2^(exponent + 1)).
template CheckMantissa(N, COUNT, WIDTH) {
    var M = WIDTH + BIT_LENGTH(COUNT) - 1;
    assert(COUNT == 2 ** (M - WIDTH) && N <= M + 1 && M <= 120);
    signal input x, isExponent[N], isIn[COUNT], low[WIDTH - 1];
    signal output {bits} out;
    signal output bit[WIDTH];

    var count = 0;
    var scale = 0;
    var isAllowed[M];
    for (var e = 0; e < N; e++) {
        isExponent[e] * (isExponent[e] - 1) === 0;
        count += isExponent[e];
        scale += isExponent[e] * 2 ** (M - e);
        for (var j = M - e < 0 ? 0 : M - e; j < M; j++) isAllowed[j] += isExponent[e];
    }
    count === 1;

    signal shifted <== x * scale;
    var chosen = 0;
    var rest = shifted - 2 ** M;
    for (var i = 0; i < COUNT; i++) {
        chosen += isIn[i];
        rest -= isIn[i] * i * 2 ** WIDTH;
    }
    chosen === 1;
    isIn[0] * (isIn[0] - 1) === 0;
    // Segments by the lowest bit of their number.
    for (var j = WIDTH; j < M; j++) {
        var lowest = 2 ** (j - WIDTH);
        for (var i = lowest; i < COUNT; i += 2 * lowest) isIn[i] * (isIn[i] - isAllowed[j]) === 0;
    }
    var power = 1;
    for (var j = 0; j < WIDTH - 1; j++) {
        low[j] * (low[j] - isAllowed[j]) === 0;
        bit[j] <== low[j];
        rest -= low[j] * power;
        power += power;
    }
    rest * (rest - isAllowed[WIDTH - 1] * power) === 0;
    bit[WIDTH - 1] <== rest / power;
    out.bits = N;
    out <== x;
}
