pragma circom 2.2.2;

include "lib/select.circom";
include "lib/uint.circom";

/// @title   CheckMedian
/// @notice  Accepts the lower median of the values that count, or nothing.
/// @param   N     places
/// @param   BITS  the values are integers less than 2^BITS apart, the caller's to show
/// @input   value     per place
/// @input   counts    booleans: the places that count, m of them
/// @input   half      m / 2, rounded up
/// @input   isLow     advice: the places at or below the median, of equals as many as make up `half`
/// @input   isMedian  advice: selects one of those that count
/// @output  out       the selected value
/// @sound   `half` of the values that count are at most `out`, the one selected among them, and all others at least `out`: so
///          2 #(<= out) >= m and 2 #(< out) < m, which one value satisfies.
/// @mirror  protocol/quorum.ts lowerMedian
template CheckMedian(N, BITS) {
    signal input value[N], counts[N], half, isLow[N], isMedian[N];
    signal output out;

    out <== Select(N)(isMedian, value);
    signal isCounted[N];
    var low = 0;
    var medians = 0;
    for (var i = 0; i < N; i++) {
        _ <== Bool()(isLow[i]);
        _ <== Bool()(isMedian[i]);
        isCounted[i] <== isLow[i] * counts[i];
        isMedian[i] * (1 - isCounted[i]) === 0;
        low += isCounted[i];
        medians += isMedian[i];
        _ <== Uint(BITS)((out - value[i]) * (2 * isLow[i] - 1));
    }
    low === half;
    medians === 1;
}

/// @title   Median
/// @notice  The lower median of the values that count. N (BITS + 5) + 1 constraints at most.
/// @input   value  per place, not negative
template Median(N, BITS) {
    signal input value[N], counts[N], half;
    signal output out;

    signal isLow[N], isMedian[N];
    // 1 The place that has fewer than `half` below it, and with its equals reaches `half`
    var median = -1;
    var below = 0;
    for (var i = 0; i < N; i++) {
        var less = 0;
        var equal = 0;
        for (var j = 0; j < N; j++) {
            if (counts[j] == 1 && value[j] < value[i]) less++;
            if (counts[j] == 1 && value[j] == value[i]) equal++;
        }
        if (median == -1 && counts[i] == 1 && less < half && less + equal >= half) {
            median = i;
            below = less;
        }
    }
    // 2 Its equals, itself the first of them, make up `half`; a place that does not count stands on whichever side it is
    var place = median == -1 ? 0 : median;
    for (var i = 0; i < N; i++) {
        var isBelow = value[i] < value[place];
        if (i >= place && value[i] == value[place]) {
            isBelow = counts[i] == 1 && below < half;
            if (isBelow) below++;
        }
        isLow[i] <-- isBelow;
        isMedian[i] <-- i == place;
    }
    out <== CheckMedian(N, BITS)(value, counts, half, isLow, isMedian);
}
