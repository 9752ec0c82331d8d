pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/uint.circom";

/// Bits of a scenario loss: M products of a position and a price difference.
function LOSS_BITS(M) {
    var bits = WIDTH_SIZE() + WIDTH_MARK() + 1;
    for (var slots = M; slots > 1; slots = slots \ 2) bits++;
    return bits;
}

/// @title   CheckMagnitude
/// @notice  Absolute value of a signed size of 41 bits: from -2^40 up to 2^40 - 1.
/// @input   isShort  advice: 1 exactly if size is negative
/// @sound   isShort demands a magnitude of at least 1, so 0 has one sign only.
/// @mirror  protocol/margin.ts riskOf
template CheckMagnitude() {
    signal input size, isShort;
    signal output out;

    _ <== Bool()(isShort);
    out <== size * (1 - 2 * isShort);
    _ <== Uint(WIDTH_SIZE())(out - isShort);
}

/// @title   Exposure
/// @notice  Equity of a portfolio and its loss in every scenario, per underlying; 1e-10 USDC.
/// @mirror  protocol/margin.ts riskOf
template Exposure(M, S, U) {
    signal input cash, size[M], mark[M], price[M][S];
    signal output equity, loss[U][S];

    signal value[M], slotLoss[M][S];
    var total = cash * SCALE_EQUITY_PER_CASH();
    var losses[U][S];
    for (var j = 0; j < M; j++) {
        value[j] <== size[j] * mark[j];
        total += value[j];
        for (var s = 0; s < S; s++) {
            slotLoss[j][s] <== size[j] * (mark[j] - price[j][s]);
            losses[j * U \ M][s] += slotLoss[j][s];
        }
    }
    equity <== total;
    for (var u = 0; u < U; u++) {
        for (var s = 0; s < S; s++) loss[u][s] <== losses[u][s];
    }
}

/// @title   CheckActualLoss
/// @notice  The loss of the scenario that advice points at; 0 if it points at none.
/// @input   isChosen  advice, at most one of them 1
/// @mirror  protocol/margin.ts worstLoss
template CheckActualLoss(S) {
    signal input loss[S], isChosen[S];
    signal output out;

    signal chosen[S];
    var count = 0;
    var sum = 0;
    for (var s = 0; s < S; s++) {
        _ <== Bool()(isChosen[s]);
        count += isChosen[s];
        chosen[s] <== isChosen[s] * loss[s];
        sum += chosen[s];
    }
    _ <== Bool()(count);
    out <== sum;
}

/// @title   CheckWorstLoss
/// @notice  The largest of the losses, or 0 if none is positive.
/// @param   BITS  bits of a difference of two losses
/// @sound   out is one of the losses or 0, and neither any loss nor 0 exceeds it.
/// @mirror  protocol/margin.ts worstLoss
template CheckWorstLoss(S, BITS) {
    signal input loss[S], isWorst[S];
    signal output out;

    out <== CheckActualLoss(S)(loss, isWorst);
    _ <== Uint(BITS)(out);
    for (var s = 0; s < S; s++) _ <== Uint(BITS)(out - loss[s]);
}

/// @title   Surplus
/// @notice  4 times equity less 5 times maintenance margin, 1e-18 USDC: not negative exactly if initial margin is met.
/// @input   loss       per underlying, 1e-10 USDC
/// @input   magnitude  lots, unsigned, at most 2^40
/// @sound   |surplus| < 2^146: cash 2^96 and 64 positions of 2^88 at 1e-10 USDC, times 4e8.
/// @mirror  protocol/margin.ts riskOf
template Surplus(M, U) {
    signal input equity, loss[U], size[M], magnitude[M], spot[U], contingencyPpm, epsilonPpm;
    signal output out;

    signal contingency[U], epsilon[U], charge[U];
    var maintenance = 0;
    for (var u = 0; u < U; u++) {
        var short = 0;
        var all = 0;
        for (var j = 0; j < M; j++) {
            if (j * U \ M == u) {
                // A short position's magnitude less its size is twice its lots; a long one's is 0.
                short += (magnitude[j] - size[j]) / 2;
                all += magnitude[j];
            }
        }
        contingency[u] <== contingencyPpm * short;
        epsilon[u] <== epsilonPpm * all;
        charge[u] <== spot[u] * (contingency[u] + epsilon[u]);
        maintenance += loss[u] * SCALE_MARGIN_PER_EQUITY() + charge[u];
    }
    out <== INITIAL_MARGIN_DENOMINATOR() * SCALE_MARGIN_PER_EQUITY() * equity - INITIAL_MARGIN_NUMERATOR() * maintenance;
}
