pragma circom 2.2.2;

include "lib/uint.circom";

/// @title   CheckIsEqual
/// @notice  Whether a = b.
/// @input   inverse  advice: of a - b, anything if that is 0
/// @output  out      boolean
/// @sound   If a = b the first constraint gives 1; otherwise the second forces 0, and the first then has one inverse.
template CheckIsEqual() {
    signal input a, b, inverse;
    signal output out;

    out <== 1 - (a - b) * inverse;
    (a - b) * out === 0;
}

/// @title   IsEqual
/// @notice  1 if a = b, else 0.
template IsEqual() {
    signal input a, b;
    signal output out;

    signal inverse <-- a == b ? 0 : 1 / (a - b);
    out <== CheckIsEqual()(a, b, inverse);
}

/// @title   IsZero
/// @notice  1 if in = 0, else 0.
template IsZero() {
    signal input in;
    signal output out <== IsEqual()(in, 0);
}

/// @title   CheckOneHot
/// @notice  Accepts the selector of an index below N, or nothing.
/// @input   index  field; N and above have no witness
/// @input   hot    advice
/// @output  out    the selector: 1 at index, 0 elsewhere
/// @sound   hot[i] can differ from 0 only where index = i, and the sum is 1.
template CheckOneHot(N) {
    signal input index, hot[N];
    signal output out[N] <== hot;

    var sum = 0;
    for (var i = 0; i < N; i++) {
        hot[i] * (index - i) === 0;
        sum += hot[i];
    }
    sum === 1;
}

/// @title   OneHot
/// @notice  Selector of an index. A table of constants selected by it is linear: keep it in a var.
template OneHot(N) {
    signal input index;
    signal output out[N];

    signal hot[N];
    for (var i = 0; i < N; i++) hot[i] <-- index == i;
    out <== CheckOneHot(N)(index, hot);
}

/// @title   Select
/// @notice  The value at the place that a selector marks.
/// @input   hot  a selector: of OneHot, or all 0, which selects 0
template Select(N) {
    signal input hot[N], values[N];
    signal output out;

    signal term[N - 1];
    var sum = 0;
    for (var i = 0; i < N - 1; i++) {
        term[i] <== hot[i] * values[i];
        sum += term[i];
    }
    out <== hot[N - 1] * values[N - 1] + sum;
}

/// @title   Choose
/// @notice  One of two values.
/// @input   bit  {bits = 1}
template Choose() {
    signal input {bits} bit;
    assert(bit.bits == 1);
    signal input ifTrue, ifFalse;
    signal output out <== ifFalse + bit * (ifTrue - ifFalse);
}
