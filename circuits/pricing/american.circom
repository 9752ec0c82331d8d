pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "pricing/black76.circom";
include "pricing/compare.circom";
include "pricing/ln.circom";
include "pricing/shock.circom";
include "pricing/sqrt.circom";
include "pricing/time-value.circom";

/// Nodes of today's level: the spot lies between the second and the third.
function TREE_ROOTS() { return 4; }
/// Bits of a node's forward above the strike, LEFT levels before expiry; s < 1.5, so neighbours differ by at most 3 / √N.
function TREE_HEIGHT_BITS(N, LEFT) {
    return (22 * (N - LEFT + 4)) \ FLOOR_SQRT(100 * N, 10) + 8;
}
/// Bits of a strike's growth above its own: the carry is below 1.125.
function TREE_CARRY_BITS() { return 2; }
/// Bits of what exercise gains or costs at the node where it is decided, LEFT levels before expiry: forwards are at most 190 strikes there.
function TREE_GAIN_BITS(LEFT) { return TREE_UNIT() + TREE_GROWTH() + LEFT + TREE_CARRY_BITS(); }
function TREE_LOSS_BITS(LEFT) { return TREE_UNIT() + TREE_GROWTH() + LEFT + 8; }
/// Bits of an index of nodes, one more than their number included.
function TREE_INDEX_BITS() { return 9; }

/// @title   ExpNearest
/// @notice  exp(x) at 2^-BITS, to the nearest, of x in [0, 1.125) at 2^-36; exactly 1 at 0 up to 36 bits.
/// @output  out  {bits = BITS + 2}
/// @mirror  protocol/american.ts expNearest
template ExpNearest(BITS) {
    var DROPPED = VALUE_BITS_EXP() - BITS;
    signal input x;
    signal output {bits} out;

    signal exp <== Exp()(x);
    out <== FloorDiv(2 ** DROPPED, BITS + TREE_CARRY_BITS())(exp + 2 ** (DROPPED - 1));
}

/// @title   Growths
/// @notice  Powers 0 to N of a growth per step, at 2^-32, each product rounded down.
/// @input   step  at least 1, its N-th power below 4, at 2^-32
/// @mirror  protocol/american.ts growths
template Growths(N) {
    signal input step;
    signal output out[N + 1];

    out[0] <== 2 ** TREE_GROWTH();
    out[1] <== step;
    for (var m = 1; m < N; m++) out[m + 1] <== FloorDiv(2 ** TREE_GROWTH(), TREE_GROWTH() + TREE_CARRY_BITS())(out[m] * step);
}

/// @title   Forwards
/// @notice  Forwards of the last level, lowest first, each the next higher one times `fall`, rounded down.
/// @param   BITS  of the highest
/// @input   fall  at most 1, at 2^-32
/// @mirror  protocol/american.ts forwards
template Forwards(NODES, BITS) {
    signal input top, fall;
    signal output out[NODES];

    out[NODES - 1] <== top;
    for (var j = NODES - 2; j >= 0; j--) out[j] <== FloorDiv(2 ** TREE_GROWTH(), BITS)(out[j + 1] * fall);
}

/// @title   CheckExerciseLevel
/// @notice  The larger of continuation and exercise at every node of one level, or nothing. NODES times two constraints, and
///          two ranges for the whole level.
/// @param   LEFT    levels before expiry
/// @param   HEIGHT  bits of the highest forward above the strike
/// @param   SCALE   of the spots
/// @input   strike  grown to the expiry's money
/// @input   spots   forwards, grown by the yield: exercise is worth strike - SCALE spots[j]
/// @input   later   values one level later: the continuation is the sum of two
/// @input   hot     advice: selects the number of nodes that are exercised, the lowest ones
/// @input   gain    advice: exercise less continuation at the last of them; 1 if there is none
/// @input   loss    advice: continuation less exercise at the next node; 0 if there is none
/// @sound   The caller shows that y = exercise - continuation never rises from a node to the next: so y >= 1 at the last exercised
///          and y <= 0 at the next node hold it for all, and one number of nodes does that. `hot` can differ from 0 only at k
///          with the packed pair of y[k - 1], y[k] and k equal to one value; those integers differ modulo 2^9, so that is one k,
///          where hot is 1. The pair is unpacked from the range of loss: y is at most the strike, below half a PAIR, which forbids the next multiple.
/// @mirror  protocol/american.ts exerciseLevel
template CheckExerciseLevel(NODES, LEFT, HEIGHT, SCALE) {
    var INDEX = 2 ** TREE_INDEX_BITS();
    var PAIR = 2 ** (TREE_LOSS_BITS(LEFT) + 1);
    var WIDEST = TREE_GAIN_BITS(LEFT) + HEIGHT + TREE_INDEX_BITS();
    var IS_PACKED = WIDEST + TREE_LOSS_BITS(LEFT) + 1 <= 252;
    assert(NODES < INDEX);
    assert(WIDEST <= 252);
    signal input strike, spots[NODES], later[NODES + 1], hot[NODES + 1], gain, loss;
    signal output values[NODES];

    var count = 0;
    var exercised = 0;
    for (var k = 0; k <= NODES; k++) {
        count += hot[k];
        exercised += hot[k] * k;
    }
    count === 1;
    _ <== Uint(TREE_GAIN_BITS(LEFT))(gain - 1);
    _ <== Uint(TREE_LOSS_BITS(LEFT))(loss);

    var y[NODES];
    for (var j = 0; j < NODES; j++) y[j] = strike - SCALE * spots[j] - later[j] - later[j + 1];
    signal edge <== (IS_PACKED ? gain * PAIR - loss : gain) * INDEX + exercised;
    var isExercised = 1;
    for (var k = 0; k <= NODES; k++) {
        var last = k == 0 ? 1 : y[k == 0 ? 0 : k - 1];
        var next = k == NODES ? 0 : y[k == NODES ? 0 : k];
        if (IS_PACKED) {
            hot[k] * ((last * PAIR + next) * INDEX + k - edge) === 0;
        } else {
            hot[k] * (last * INDEX + k - edge) === 0;
            hot[k] * (next + loss) === 0;
        }
        isExercised -= hot[k];
        if (k < NODES) values[k] <== isExercised * y[k] + later[k] + later[k + 1];
    }
}

/// @title   ExerciseLevel
/// @notice  The larger of continuation and exercise at every node of one level.
template ExerciseLevel(NODES, LEFT, HEIGHT, SCALE) {
    signal input strike, spots[NODES], later[NODES + 1];
    signal output values[NODES];

    signal hot[NODES + 1], gain, loss;
    var HALF = 2 ** 252;
    var number = 0;
    var last = 1;
    var next = 0;
    var isWaiting = 0;
    for (var j = 0; j < NODES; j++) {
        var y = strike - SCALE * spots[j] - later[j] - later[j + 1];
        if (isWaiting == 0) {
            // Of either sign: positive if y + 2^252 is above 2^252.
            if (y + HALF > HALF) {
                number = j + 1;
                last = y;
            } else {
                isWaiting = 1;
                next = -y;
            }
        }
    }
    for (var k = 0; k <= NODES; k++) hot[k] <-- number == k;
    gain <-- last;
    loss <-- next;
    values <== CheckExerciseLevel(NODES, LEFT, HEIGHT, SCALE)(strike, spots, later, hot, gain, loss);
}

/// @title   TreePremiums
/// @notice  American less European value at today's four nodes, in parts of the strike at 2^-68, rounded down.
/// @param   N  steps, at most 160: then no sum needs rounding
/// @input   top           forward of the highest node of the last level, in parts of the strike at 2^-36
/// @input   fall          at most 1, at 2^-32
/// @input   money, yield  growth per step, at least 1, at 2^-32
/// @output  out  {bits = 70} each
/// @sound   A step back is a sum of two. Forwards never fall from a node to the next and growths never from a level to the one
///          before, which is what the exercise levels rest on.
/// @mirror  protocol/american.ts treePremiums
template TreePremiums(N) {
    var LAST = N + TREE_ROOTS();
    var BITS = TREE_UNIT() + TREE_GROWTH() + TREE_CARRY_BITS();
    signal input top, fall, money, yield;
    signal output {bits} out[TREE_ROOTS()];

    signal owed[N + 1] <== Growths(N)(money);
    signal paid[N + 1] <== Growths(N)(yield);
    signal last[LAST] <== Forwards(LAST, TREE_UNIT() + TREE_HEIGHT_BITS(N, 0))(top, fall);
    var forward[LAST] = last;
    component level[N + 1];
    for (var left = 0; left <= N; left++) {
        var NODES = LAST - left;
        level[left] = ExerciseLevel(NODES, left, TREE_HEIGHT_BITS(N, left), left == 0 ? 2 ** TREE_GROWTH() : 1);
        level[left].strike <== owed[left] * 2 ** (TREE_UNIT() + left);
        for (var j = 0; j < NODES; j++) {
            if (left > 0) forward[j] += forward[j + 1];
            level[left].spots[j] <== left == 0 ? last[j] : forward[j] * paid[left];
        }
        for (var j = 0; j <= NODES; j++) level[left].later[j] <== left == 0 ? 0 : level[left == 0 ? 0 : left - 1].values[left == 0 ? 0 : j];
    }

    for (var k = 0; k < TREE_ROOTS(); k++) {
        var european = 0;
        var paths = 1;
        for (var j = 0; j <= N; j++) {
            european += paths * level[0].values[k + j];
            paths = paths * (N - j) \ (j + 1);
        }
        out[k] <== FloorDiv(2 ** N, BITS)(level[N].values[k] - european);
    }
}

/// @title   CheckFloorOrZero
/// @notice  Accepts a quotient rounded down, 0 of what is below 0; or nothing.
/// @param   D, QUOTIENT_BITS  of FloorDiv
/// @input   in       |in| < D 2^QUOTIENT_BITS
/// @input   isBelow  advice: in < 0
/// @sound   in or -1 - in is negative, so one value of the advice has a quotient.
/// @mirror  protocol/american.ts floorOrZero
template CheckFloorOrZero(D, QUOTIENT_BITS) {
    signal input in, isBelow;
    signal output out;

    _ <== Bool()(isBelow);
    signal size <== in - isBelow * (2 * in + 1);
    signal quotient <== FloorDiv(D, QUOTIENT_BITS)(size);
    out <== quotient * (1 - isBelow);
}

/// @title   FloorOrZero
/// @notice  A quotient rounded down, 0 of what is below 0.
template FloorOrZero(D, QUOTIENT_BITS) {
    signal input in;
    signal output out;

    signal isBelow <-- in + 2 ** 250 < 2 ** 250;
    out <== CheckFloorOrZero(D, QUOTIENT_BITS)(in, isBelow);
}

/// @title   CubicPremium
/// @notice  The cubic through the premiums of today's nodes at the spot's place, at 2^-48, 0 if it is negative.
/// @input   premiums  below 2^70
/// @input   place     in [0, 2^30): of the way from the second node to the third
/// @output  out       below 2^52, rounded down
/// @sound   |cubic| < 2^166.
/// @mirror  protocol/american.ts cubicPremium
template CubicPremium() {
    var ONE = 2 ** TREE_PLACE();
    var UNITS = 6 * 2 ** (TREE_UNIT() + TREE_GROWTH() + 3 * TREE_PLACE() - TREE_PREMIUM());
    signal input premiums[TREE_ROOTS()], place;
    signal output out;

    var up = place + ONE;
    var down = place - ONE;
    var far = place - 2 * ONE;
    signal inner <== place * down;
    signal outer <== up * far;
    signal highest <== up * premiums[3];
    signal outermost <== highest - far * premiums[0];
    signal second <== down * premiums[1];
    signal innermost <== second - place * premiums[2];
    signal side <== inner * outermost;
    out <== FloorOrZero(UNITS, TREE_PREMIUM() + TREE_CARRY_BITS() + 2)(side + 3 * outer * innermost);
}

/// @title   PlaceTree
/// @notice  Lays the last level so that the strike is a quarter of a spacing above a node.
/// @param   N           steps
/// @input   logForward  ln(forward / strike) at 2^-48, signed, |logForward| < 5
/// @input   spacing     {bits = 49}, of the logarithms of forwards, at 2^-48, at least 2^33
/// @output  top    forward of the highest node of the last level, in parts of the strike at 2^-36, rounded down
/// @output  fall   a node's forward over the next higher one's, at 2^-32, rounded down
/// @output  place  of the spot between today's second node and third, at 2^-30, rounded down
/// @mirror  protocol/american.ts placeTree
template PlaceTree(N) {
    var RAISE = PRECISION_LOG() - PRECISION_EXPONENT();
    var HEIGHT = TREE_HEIGHT_BITS(N, 0);
    var DOUBLINGS = TREE_HALVINGS() + HEIGHT;
    signal input logForward;
    signal input {bits} spacing;
    assert(spacing.bits == PRECISION_LOG() + 1);
    signal output top, fall, place;

    // From the highest node of today to that of the last level: N times ln((1 + fall) / 2), downwards.
    signal argument <== FloorDiv(2 ** RAISE, PRECISION_EXPONENT() + 1)(spacing);
    signal {bits} spread <== ExpNearest(PRECISION_LOG())(argument);
    (fall, _) <== Divide(TREE_GROWTH() + 1)(2 ** (TREE_GROWTH() + PRECISION_LOG()), spread);
    signal drop <== LnFloor(TREE_GROWTH() + 2)(fall + 2 ** TREE_GROWTH());

    signal nodes;
    (nodes, _) <== Divide(TREE_PLACE() + 20)((logForward - N * (drop - TREE_LN_TWO()) + TREE_OFFSET() * spacing) * 2 ** TREE_PLACE(), spacing);
    signal rank <== FloorDiv(2 ** TREE_PLACE(), 21)(nodes + 2 ** (TREE_PLACE() - 2));
    place <== nodes + 2 ** (TREE_PLACE() - 2) - rank * 2 ** TREE_PLACE();

    // The quarter makes it 2^-50.
    signal height <== spacing * (4 * (rank + 2 - TREE_OFFSET()) - 1) + TREE_HALVINGS() * TREE_LN2();
    signal doublings <== FloorDiv(TREE_LN2(), BIT_LENGTH(DOUBLINGS))(height);
    signal rest <== FloorDiv(2 ** (RAISE + 2), PRECISION_EXPONENT())(height - doublings * TREE_LN2());
    signal isDoubled[DOUBLINGS] <== OneHot(DOUBLINGS)(doublings);
    var scale = 0;
    for (var i = 0; i < DOUBLINGS; i++) scale += isDoubled[i] * 2 ** i;
    signal exp <== Exp()(rest);
    signal size <== exp * scale;
    top <== FloorDiv(2 ** (VALUE_BITS_EXP() + TREE_HALVINGS() - TREE_UNIT()), TREE_UNIT() + HEIGHT)(size);
}

/// @title   CheckDiscountedPair
/// @notice  Discounted spot and strike of a put in order, and its exercise value at expiry if the forward is reached.
/// @input   spot, strike   below 2^60, 1e-10 USDC
/// @input   logForward     ln(spot / strike) at 2^-48
/// @input   isStrikeAbove  advice
/// @output  pair           with a logarithm of 0 where it says otherwise than the rounded values
/// @sound   One of strike - spot - 1 and spot - strike is negative.
/// @mirror  protocol/american.ts europeanPut
template CheckDiscountedPair() {
    signal input spot, strike, logForward, isStrikeAbove;
    output Pair() pair;
    signal output exercise;

    _ <== Bool()(isStrikeAbove);
    signal gap <== (strike - spot) * (2 * isStrikeAbove - 1);
    _ <== Uint(VALUE_WIDTH())(gap - isStrikeAbove);
    pair.lower <== isStrikeAbove * (spot - strike) + strike;
    pair.upper <== pair.lower + gap;
    signal distance <== logForward * (1 - 2 * isStrikeAbove);
    signal isOrdered <== AtLeast(PRECISION_LOG() + 3)(distance, 0);
    pair.logRatio <== distance * isOrdered;
    exercise <== gap * isStrikeAbove;
}

/// @title   European
/// @notice  A put's value without early exercise, 1e-10 USDC, rounded down.
/// @input   spot, strike  discounted, below 2^60, 1e-10 USDC
/// @input   logForward    ln(spot / strike) at 2^-48
/// @input   half          {bits}, s/2 at 2^-48, at least 2^35
/// @mirror  protocol/american.ts europeanPut
template European() {
    signal input spot, strike, logForward;
    signal input {bits} half;
    signal output out;

    signal isStrikeAbove <-- strike > spot;
    component pair = CheckDiscountedPair();
    pair.spot <== spot;
    pair.strike <== strike;
    pair.logForward <== logForward;
    pair.isStrikeAbove <== isStrikeAbove;
    component stdev = PrepareStdev(FULL_GRID(), FULL_INVERSE());
    stdev.half <== half;
    signal time;
    (time, _, _, _, _, _, _, _) <== TimeValue(FULL_LOG(), FULL_INVERSE())(pair.pair, stdev.stdev);
    signal units <== FloorOrZero(2 ** VALUE_BITS_TAIL(), VALUE_WIDTH())(time);
    out <== pair.exercise + units;
}

/// @title   American
/// @notice  One American option, 1e-10 USDC, rounded down; terms outside the domain have no witness.
/// @param   N             steps, even, 8 to 160
/// @input   spot, strike  1e-8 USDC, in [1, 2^53), within a factor of 20
/// @input   years         2^-60, below 16
/// @input   vol           2^-40, below 8; vol √years in [2^-12, 1.5)
/// @input   rate, yield   2^-40, below 8; each times years below 1.125
/// @input   isPut         boolean
/// @output  european  without early exercise
/// @output  premium   what the tree adds
/// @output  price     their sum, or exercise now if that is more
/// @mirror  protocol/american.ts american
template American(N) {
    assert(N % 2 == 0 && N >= TREE_MIN_STEPS() && N <= TREE_MAX_CIRCUIT_STEPS());
    var WHOLE = 3;
    signal input spot, strike, years, vol, rate, yield, isPut;
    signal output price, european, premium;

    // 0 Ranges; a call becomes the put with spot and strike, rate and yield exchanged
    _ <== Bool()(isPut);
    signal lnSpot <== LnFloor(FORWARD_BITS())(spot);
    signal lnStrike <== LnFloor(FORWARD_BITS())(strike);
    _ <== Uint(TREE_YEARS() + 4)(years);
    _ <== Uint(PRECISION_VOL() + WHOLE)(vol);
    _ <== Uint(PRECISION_VOL() + WHOLE)(rate);
    _ <== Uint(PRECISION_VOL() + WHOLE)(yield);
    signal isNear <== IsNearTheMoney()(spot, strike, IsStrikeAbove(PERCENT())(spot, strike));
    isNear === 1;
    signal putStrike <== spot + isPut * (strike - spot);
    signal putSpot <== spot + strike - putStrike;
    var DROPPED = PRECISION_VOL() + TREE_YEARS() - PRECISION_EXPONENT();
    signal interest <== FloorDiv(2 ** DROPPED, PRECISION_EXPONENT() + 1)(rate * years);
    signal dividend <== FloorDiv(2 ** DROPPED, PRECISION_EXPONENT() + 1)(yield * years);
    signal money <== dividend + isPut * (interest - dividend);
    signal lasting <== interest + dividend - money;

    // 1 Total standard deviation
    signal {bits} rootYears <== FloorSqrt(PRECISION_STDEV() + 2)(years * 2 ** (2 * PRECISION_STDEV() - TREE_YEARS()));
    signal {bits} half <== FloorDiv(2 ** (PRECISION_VOL() + 1), PRECISION_STDEV())(vol * rootYears);
    _ <== Uint(PRECISION_STDEV())(half - TREE_MIN_HALF());
    _ <== Uint(PRECISION_STDEV())(TREE_MAX_HALF() - 1 - half);

    // 2 European value
    signal {bits} moneyGrowth <== ExpNearest(PRECISION_EXPONENT())(money);
    signal {bits} yieldGrowth <== ExpNearest(PRECISION_EXPONENT())(lasting);
    signal strikeNow, spotNow;
    (strikeNow, _) <== Divide(VALUE_WIDTH())(putStrike * PERCENT() * 2 ** PRECISION_EXPONENT(), moneyGrowth);
    (spotNow, _) <== Divide(VALUE_WIDTH())(putSpot * PERCENT() * 2 ** PRECISION_EXPONENT(), yieldGrowth);
    signal logForward <== (lnSpot - lnStrike) * (2 * isPut - 1) + (money - lasting) * 2 ** (PRECISION_LOG() - PRECISION_EXPONENT());
    european <== European()(spotNow, strikeNow, logForward, half);

    // 3 Tree
    signal {bits} spacing <== FloorDiv(2 ** 48, PRECISION_LOG() + 1)(half * FLOOR_SQRT((2 ** 100) \ N, 50));
    signal top, fall, place;
    (top, fall, place) <== PlaceTree(N)(logForward, spacing);
    signal moneyStep <== FloorDiv(N, PRECISION_EXPONENT() + 1)(money);
    signal yieldStep <== FloorDiv(N, PRECISION_EXPONENT() + 1)(lasting);
    signal moneyGrowthStep <== ExpNearest(TREE_GROWTH())(moneyStep);
    signal yieldGrowthStep <== ExpNearest(TREE_GROWTH())(yieldStep);
    signal premiums[TREE_ROOTS()] <== TreePremiums(N)(top, fall, moneyGrowthStep, yieldGrowthStep);
    signal share <== CubicPremium()(premiums, place);
    premium <== FloorDiv(2 ** TREE_PREMIUM(), VALUE_WIDTH())(share * strikeNow);

    // 4 Never below exercise now
    signal held <== european + premium;
    signal now <== (putStrike - putSpot) * PERCENT();
    signal isHeld <== AtLeast(VALUE_WIDTH() + 1)(held, now);
    price <== now + isHeld * (held - now);
}
