pragma circom 2.2.2;

include "generated/constants.circom";
include "generated/tables.circom";
include "lib/division.circom";
include "lib/select.circom";
include "lib/uint.circom";
include "pricing/compare.circom";

/// What deviations are measured by.
bus Levels(E, N) {
    signal spot, expiry[E], forward[E], mark[N];
}

/// Bits of a spot or a forward, or of a mark in the same unit.
function LEVEL_BITS() { return WIDTH_MARK() + 7; }

/// @title   IsNear
/// @notice  Whether a difference is at most a limit in magnitude.
/// @input   difference, limit  less than 2^BITS in magnitude
/// @mirror  protocol/adoption.ts areLevelsNear
template IsNear(BITS) {
    signal input difference, limit;
    signal output out;

    signal isNotAbove <== AtLeast(BITS + 1)(limit, difference);
    signal isNotBelow <== AtLeast(BITS + 1)(difference, -limit);
    out <== isNotAbove * isNotBelow;
}

/// @title   AreLevelsNear
/// @notice  Whether spot, the forwards of expiries that both tables have, and the marks of live slots lie near a reference.
/// @param   E, N      expiries and slots of the underlying
/// @input   reference, table  levels; marks below 2^48, spots and forwards below 2^54
/// @input   isLive    booleans
/// @input   limitPpm  below 2^20, parts per million of the reference's spot
/// @output  out       boolean
/// @sound   Unused places have expiry and forward 0 and differ by nothing; used ones ascend, so at most one place matches.
/// @mirror  protocol/adoption.ts areLevelsNear
template AreLevelsNear(E, N) {
    var BITS = LEVEL_BITS();
    var PPM = 1000000;
    input Levels(E, N) reference, table;
    signal input isLive[N], limitPpm;
    signal output out;

    signal limit <== FloorDiv(PPM, BITS)(reference.spot * limitPpm);
    signal isSpotNear <== IsNear(BITS)(table.spot - reference.spot, limit);
    signal isForwardNear[E], isMarkNear[N], isSame[E][E], change[E][E];
    var far = 1 - isSpotNear;
    for (var e = 0; e < E; e++) {
        var difference = 0;
        for (var k = 0; k < E; k++) {
            isSame[e][k] <== IsEqual()(table.expiry[e], reference.expiry[k]);
            change[e][k] <== isSame[e][k] * (table.forward[e] - reference.forward[k]);
            difference += change[e][k];
        }
        isForwardNear[e] <== IsNear(BITS)(difference, limit);
        far += 1 - isForwardNear[e];
    }
    for (var j = 0; j < N; j++) {
        var UNIT = SCALE_SPOT() \ SCALE_MARK();
        isMarkNear[j] <== IsNear(BITS)(isLive[j] * (table.mark[j] - reference.mark[j]) * UNIT, limit);
        far += 1 - isMarkNear[j];
    }
    out <== IsZero()(far);
}

/// @title   Adoption
/// @notice  Whether a new table is adopted: as the first, near the table in force, or near a candidate that is old enough.
/// @input   isFirst       boolean: there is no table in force
/// @input   hasCandidate  boolean
/// @input   reported      time of the new table; since  of the candidate; both below 2^40
/// @output  isAdopted, isConfirmed  booleans; isConfirmed: the table lies near the candidate
/// @mirror  protocol/adoption.ts adoption
template Adoption(E, N) {
    input Levels(E, N) inForce, candidate, table;
    signal input isLive[N], limitPpm, candidateAge;
    signal input isFirst, hasCandidate, reported, since;
    signal output isAdopted, isConfirmed;

    component toForce = AreLevelsNear(E, N);
    toForce.reference <== inForce;
    toForce.table <== table;
    toForce.isLive <== isLive;
    toForce.limitPpm <== limitPpm;
    component toCandidate = AreLevelsNear(E, N);
    toCandidate.reference <== candidate;
    toCandidate.table <== table;
    toCandidate.isLive <== isLive;
    toCandidate.limitPpm <== limitPpm;

    isConfirmed <== hasCandidate * toCandidate.out;
    signal isOld <== AtLeast(WIDTH_TIMESTAMP() + 1)(reported - since, candidateAge);
    signal isNotDue <== 1 - isConfirmed * isOld;
    signal isNotNear <== (1 - isFirst) * (1 - toForce.out);
    isAdopted <== 1 - isNotDue * isNotNear;
}
