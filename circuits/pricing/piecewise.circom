pragma circom 2.2.2;

/// Where an argument lies: one of COUNT segments (none of them beyond the last), and the bits of its distance from the
/// segment's left end, least significant first.
bus Segment(COUNT, WIDTH) {
    signal isIn[COUNT];
    signal bit[WIDTH];
}

/// @title   CheckSegmentOf
/// @notice  Accepts the segment of an argument, or nothing.
/// @param   COUNT  segments of width 2^WIDTH
/// @param   BITS   bits of x, or of x less COUNT 2^WIDTH if that is more; if WIDTH, all arguments lie in a segment
/// @input   x      argument, an integer in [0, 2^BITS + COUNT 2^WIDTH)
/// @input   isIn   advice
/// @input   low    advice: bits of the offset but the highest
/// @sound   The offset is an integer in [0, 2^BITS), and in [0, 2^WIDTH) unless beyond the last segment. So x has one
///          representation, whether or not the caller has ranged it: this is its range check.
/// @mirror  protocol/fixed-point.ts segmentOf
template CheckSegmentOf(COUNT, WIDTH, BITS) {
    assert(BITS >= WIDTH && BITS <= 250);
    signal input x, isIn[COUNT], low[BITS - 1];
    output Segment(COUNT, WIDTH) segment;

    var index = 0;
    var isBeyond = 1;
    for (var i = 0; i < COUNT; i++) {
        isIn[i] * (isIn[i] - 1) === 0;
        segment.isIn[i] <== isIn[i];
        index += isIn[i] * i;
        isBeyond -= isIn[i];
    }
    // Powers by doubling: the calculator is slow at 2 ** i.
    var rest = x - (index + isBeyond * COUNT) * 2 ** WIDTH;
    var high = 0;
    var power = 1;
    for (var i = 0; i < BITS - 1; i++) {
        low[i] * (low[i] - 1) === 0;
        rest -= low[i] * power;
        power += power;
        if (i < WIDTH) segment.bit[i] <== low[i];
        else high += low[i];
    }
    rest * (rest - power) === 0;
    if (BITS == WIDTH) {
        isBeyond === 0;
        segment.bit[WIDTH - 1] <== rest / power;
    } else {
        isBeyond * (isBeyond - 1) === 0;
        (1 - isBeyond) * (high + rest) === 0;
    }
}

/// @title   SegmentOf
/// @notice  Splits an argument into segment and offset. The selector makes a table of constants linear, hence free.
template SegmentOf(COUNT, WIDTH, BITS) {
    signal input x;
    output Segment(COUNT, WIDTH) segment;

    signal isIn[COUNT], low[BITS - 1];
    var index = x >> WIDTH;
    if (index > COUNT) index = COUNT;
    var offset = x - (index << WIDTH);
    for (var i = 0; i < COUNT; i++) isIn[i] <-- index == i;
    for (var i = 0; i < BITS - 1; i++) low[i] <-- (offset >> i) & 1;
    segment <== CheckSegmentOf(COUNT, WIDTH, BITS)(x, isIn, low);
}

/// @title   Piecewise
/// @notice  A polynomial per segment by Horner's rule, unrounded; 0 beyond the last segment. DEGREE constraints.
/// @param   TABLE     coefficients per segment, lowest first, each at the unit it is added in
/// @param   ARGUMENT  fractional bits of the argument that each step sees, the outermost first; the argument has the first
/// @input   nudge     added to the offset at full precision
/// @sound   The caller shows that the result stays below the field.
/// @mirror  protocol/fixed-point.ts piecewise
template Piecewise(COUNT, WIDTH, DEGREE, TABLE, ARGUMENT) {
    input Segment(COUNT, WIDTH) at;
    signal input nudge;
    signal output out;

    signal sum[DEGREE];
    var carried = 0;
    for (var i = 0; i < COUNT; i++) carried += at.isIn[i] * TABLE[i][DEGREE];
    for (var step = DEGREE - 1; step >= 0; step--) {
        var DROPPED = ARGUMENT[0] - ARGUMENT[step];
        var distance = DROPPED == 0 ? nudge : 0;
        var power = 1;
        var half;
        for (var i = DROPPED; i < WIDTH; i++) {
            distance += at.bit[i] * power;
            half = power;
            power += power;
        }
        distance -= half;
        var coefficient = 0;
        for (var i = 0; i < COUNT; i++) coefficient += at.isIn[i] * TABLE[i][step];
        sum[step] <== carried * distance + coefficient;
        carried = sum[step];
    }
    out <== carried;
}
