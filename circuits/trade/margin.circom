pragma circom 2.2.2;

include "generated/constants.circom";
include "lib/uint.circom";

// The last of an underlying's N = M \ U slots is the place of its perpetual.

/// Bits of a difference of two scenario losses: N products of a position and a price difference each.
function LOSS_BITS(N) {
    var bits = WIDTH_SIZE() + WIDTH_MARK() + 1;
    for (var slots = N; slots > 1; slots = slots \ 2) bits++;
    return bits;
}

/// Marks, and prices in every scenario, 1e-6 USDC per unit.
bus Prices(M, S) {
    signal mark[M], price[M][S];
}

/// Per underlying, 1e-8 USDC per unit times ppm: what short options, all positions, their squares and perpetuals are charged.
bus Charges(U) {
    signal contingency[U], epsilon[U], size[U], leverage[U];
}

/// @title   CheckMagnitude
/// @notice  Absolute value of a signed integer of BITS + 1 bits: from -2^BITS up to 2^BITS - 1.
/// @input   isShort  advice: 1 exactly if size is negative
/// @sound   isShort demands a magnitude of at least 1, so 0 has one sign only.
/// @mirror  protocol/field.ts abs
template CheckMagnitude(BITS) {
    signal input size, isShort;
    signal output out;

    _ <== Bool()(isShort);
    out <== size * (1 - 2 * isShort);
    _ <== Uint(BITS)(out - isShort);
}

/// @title   Exposure
/// @notice  Equity of a portfolio and its loss in every scenario, per underlying; 1e-10 USDC. Perpetuals are settled to their marks.
/// @mirror  protocol/margin.ts riskOf
template Exposure(M, S, U) {
    input Prices(M, S) prices;
    signal input cash, size[M];
    signal output equity, loss[U][S];

    signal value[M], slotLoss[M][S];
    var total = cash * SCALE_EQUITY_PER_CASH();
    var losses[U][S];
    for (var j = 0; j < M; j++) {
        if ((j + 1) % (M \ U) != 0) {
            value[j] <== size[j] * prices.mark[j];
            total += value[j];
        } else {
            value[j] <== 0;
        }
        for (var s = 0; s < S; s++) {
            slotLoss[j][s] <== size[j] * (prices.mark[j] - prices.price[j][s]);
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

/// @title   Risk
/// @notice  Maintenance margin, and what equity is above it and above initial margin.
/// @input   equity, loss  1e-10 USDC, loss per underlying
/// @input   magnitude     lots, unsigned, at most 2^40
/// @output  maintenance   1e-18 USDC
/// @output  health        equity less maintenance, 1e-18 USDC
/// @output  surplus       4 times equity less initial margin, 1e-22 USDC: not negative exactly if that is met
/// @sound   with 64 slots |maintenance| < 2^132, |health| < 2^137, and |surplus| < 2^179: of 2^40 lots in each slot the square is 2^92,
///          and spot times ppm has 84 bits.
/// @mirror  protocol/margin.ts riskOf
template Risk(M, U) {
    assert(M <= 64);
    input Charges(U) charges;
    signal input equity, loss[U], size[M], magnitude[M];
    signal output maintenance, health, surplus;

    signal contingency[U], epsilon[U], perLot[U], square[U], leverage[U];
    var sum = 0;
    var extra = 0;
    for (var u = 0; u < U; u++) {
        var short = 0;
        var all = 0;
        var perpetual = 0;
        for (var j = 0; j < M; j++) {
            if (j * U \ M == u) {
                all += magnitude[j];
                if ((j + 1) % (M \ U) == 0) {
                    perpetual += magnitude[j];
                    _ <== size[j];
                } else {
                    // A short position's magnitude less its size is twice its lots; a long one's is 0.
                    short += (magnitude[j] - size[j]) / 2;
                }
            }
        }
        contingency[u] <== charges.contingency[u] * short;
        epsilon[u] <== charges.epsilon[u] * all;
        sum += loss[u] * SCALE_MARGIN_PER_EQUITY() + contingency[u] + epsilon[u];
        perLot[u] <== charges.size[u] * all;
        square[u] <== perLot[u] * all;
        leverage[u] <== charges.leverage[u] * perpetual;
        extra += square[u] + leverage[u] * SCALE_SURPLUS_PER_MARGIN();
    }
    var value = SCALE_MARGIN_PER_EQUITY() * equity;
    maintenance <== sum;
    health <== value - sum;
    surplus <== SCALE_SURPLUS_PER_MARGIN() * (INITIAL_MARGIN_DENOMINATOR() * value - INITIAL_MARGIN_NUMERATOR() * sum)
        - INITIAL_MARGIN_DENOMINATOR() * extra;
}
